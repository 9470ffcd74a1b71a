/** Does one caller try out what is not theirs? Counts the objects that each was refused, and says when they are too many (API1:2023). */

import { createHash } from 'node:crypto';
import type { AccessRefused, RepeatedRefusal, SecurityEvent } from '../../core/events.js';

export interface RepeatPolicy {
  /** Of how many objects. */
  readonly count: number;
  /** Within so many milliseconds. */
  readonly perMs: number;
  /** The stages whose refusals count. */
  readonly stages: ReadonlySet<string>;
}

interface Caller {
  /** When each object was last refused, by a digest of its path; the oldest first, at most `count` of them. */
  readonly refusedMs: Map<string, number>;
  /** Told already: quiet until then. */
  quietUntilMs: number;
}

/** Over it the caller that was refused longest ago is forgotten. */
const MAX_CALLERS = 10_000;

export class AlertRepeats {
  readonly #callers = new Map<string, Caller>();

  constructor(
    private readonly policy: RepeatPolicy,
    private readonly maxCallers = MAX_CALLERS,
  ) {}

  /** The event to raise, when this one makes them too many. Once per caller, stage and `perMs`. */
  see(event: SecurityEvent): RepeatedRefusal | undefined {
    if (event.kind !== 'access_refused' || !this.policy.stages.has(event.stage) || !isAboutTheObject(event)) {
      return undefined;
    }
    const { principal } = event.subject;
    if (principal === undefined) return undefined;
    const { count, perMs } = this.policy;
    const { timeMs, subject, stage: refusedBy } = event;
    const caller = this.#caller(JSON.stringify([refusedBy, principal.scheme, principal.id]));
    if (timeMs < caller.quietUntilMs) return undefined;
    note(caller.refusedMs, digestOf(subject.path ?? subject.route ?? ''), timeMs, perMs);
    if (caller.refusedMs.size < count) return undefined;
    caller.refusedMs.clear();
    caller.quietUntilMs = timeMs + perMs;
    return { kind: 'repeated_refusal', level: 'alert', timeMs, subject, refusedBy, count, perMs };
  }

  /** Moved to the end: the first in the map is the one that was quiet longest. */
  #caller(key: string): Caller {
    const caller = this.#callers.get(key) ?? { refusedMs: new Map<string, number>(), quietUntilMs: 0 };
    this.#callers.delete(key);
    this.#callers.set(key, caller);
    if (this.#callers.size > this.maxCallers) {
      for (const oldest of this.#callers.keys()) {
        this.#callers.delete(oldest);
        break;
      }
    }
    return caller;
  }
}

/** A store that is down, or a loader that fails, refuses everybody: that is our trouble, and no attack. */
function isAboutTheObject({ code, reason }: AccessRefused): boolean {
  return (code === 'not_found' || code === 'forbidden') && !reason.startsWith('ownership_failed');
}

/** One object that somebody asks for again and again, as a page does that polls, is one. */
function note(refusedMs: Map<string, number>, object: string, timeMs: number, perMs: number): void {
  refusedMs.delete(object);
  refusedMs.set(object, timeMs);
  for (const [other, atMs] of refusedMs) {
    if (timeMs - atMs <= perMs) break;
    refusedMs.delete(other);
  }
}

/** Short, whatever paths clients make up. */
function digestOf(path: string): string {
  return createHash('sha256').update(path).digest('base64url').slice(0, 22);
}
