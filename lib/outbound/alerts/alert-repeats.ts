/** Does one caller try out what is not theirs? Counts refusals per caller, and says when they are too many (API1:2023). */

import type { RepeatedRefusal } from '../../core/webhook-events.js';
import type { SecurityEvent } from '../../core/events.js';

export interface RepeatPolicy {
  readonly count: number;
  /** Within so many milliseconds. */
  readonly perMs: number;
  /** The stages whose refusals count. */
  readonly stages: ReadonlySet<string>;
}

interface Caller {
  /** Of the last refusals, at most `count` of them. */
  timesMs: number[];
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

  get size(): number {
    return this.#callers.size;
  }

  /** The event to raise, when this one makes them too many. Once per caller, stage and `perMs`. */
  see(event: SecurityEvent): RepeatedRefusal | undefined {
    if (event.kind !== 'access_refused' || !this.policy.stages.has(event.stage)) return undefined;
    const { principal } = event.subject;
    // A loader that failed refuses everybody: that is our trouble, and no attack.
    if (principal === undefined || event.reason.startsWith('ownership_failed')) return undefined;
    const { count, perMs } = this.policy;
    const caller = this.#caller(JSON.stringify([event.stage, principal.scheme, principal.id]));
    if (event.timeMs < caller.quietUntilMs) return undefined;
    caller.timesMs.push(event.timeMs);
    if (caller.timesMs.length > count) caller.timesMs.shift();
    if (caller.timesMs.length < count || event.timeMs - caller.timesMs[0]! > perMs) return undefined;
    caller.timesMs = [];
    caller.quietUntilMs = event.timeMs + perMs;
    const { timeMs, subject, stage: refusedBy } = event;
    return { kind: 'repeated_refusal', level: 'alert', timeMs, subject, refusedBy, count, perMs };
  }

  /** Moved to the end: the first in the map is the one that was quiet longest. */
  #caller(key: string): Caller {
    const caller = this.#callers.get(key) ?? { timesMs: [], quietUntilMs: 0 };
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
