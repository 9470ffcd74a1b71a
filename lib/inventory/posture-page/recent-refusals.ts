/** Who was refused lately, where and why? The last of them, in bounded memory. */

import type { EventSubject, SecurityEvent } from '../../core/events.js';
import { shortAddress } from './short-address.js';

/** Who called, as far as a page tells: a known caller by their id, anybody else by their network. */
export interface RefusedCaller {
  readonly kind: 'principal' | 'network';
  readonly id: string;
}

export interface RecentRefusal {
  readonly timeMs: number;
  readonly stage: string;
  readonly code: string;
  /** The exact cause, as in the log. */
  readonly reason: string;
  readonly method: string;
  readonly path: string;
  readonly caller: RefusedCaller;
  /** How often this caller was refused there for this reason. Method and path are the latest's. */
  readonly times: number;
}

/** Somebody whose bucket was empty. */
export interface LimitedCaller extends RefusedCaller {
  readonly times: number;
  readonly lastMs: number;
}

type Entry<T> = { -readonly [Key in keyof T]: T[Key] };

const MAX_REFUSALS = 100;
/** Lines of one caller or network. */
const MAX_OF_ONE = 10;
const MAX_LIMITED = 200;
const MAX_STAGES = 64;
/** Longer texts are cut: what is kept must not grow with what clients send. */
const MAX_TEXT = 200;

export class RecentRefusals {
  readonly #last: Entry<RecentRefusal>[] = [];
  readonly #limited = new Map<string, Entry<LimitedCaller>>();
  readonly #byStage = new Map<string, number>();
  #stranger: { readonly address: string; readonly caller: RefusedCaller } | undefined;

  /** Takes note of a refusal. Events of other kinds leave nothing. */
  note(event: SecurityEvent): void {
    if (!('stage' in event)) return;
    const { timeMs, stage, code, reason, subject } = event;
    const refusal: RecentRefusal = {
      timeMs,
      stage,
      code,
      reason: cut(reason),
      method: cut(subject.method ?? ''),
      path: cut(subject.path ?? ''),
      caller: this.#callerIn(subject),
      times: 1,
    };
    this.#keep(refusal);
    if (this.#byStage.has(stage) || this.#byStage.size < MAX_STAGES) {
      this.#byStage.set(stage, (this.#byStage.get(stage) ?? 0) + 1);
    }
    if (event.kind === 'rate_limited') this.#limit(refusal);
  }

  /** The latest first. */
  last(): readonly RecentRefusal[] {
    return this.#last.map((refusal) => Object.freeze({ ...refusal })).reverse();
  }

  /** The most often refused first. */
  limited(): readonly LimitedCaller[] {
    return [...this.#limited.values()]
      .map((caller) => Object.freeze({ ...caller }))
      .sort((left, right) => right.times - left.times);
  }

  /** Stage → refusals since the app was started. */
  byStage(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#byStage);
  }

  #callerIn({ principal, address = '' }: EventSubject): RefusedCaller {
    if (principal !== undefined) return Object.freeze({ kind: 'principal', id: cut(principal.id) });
    // A flood comes from one address: it is parsed once.
    if (this.#stranger?.address !== address) {
      this.#stranger = { address, caller: Object.freeze({ kind: 'network', id: shortAddress(address) }) };
    }
    return this.#stranger.caller;
  }

  /** Who knocks again and again, at one door or at many, fills one line; nobody has more than a few. */
  #keep(refusal: RecentRefusal): void {
    const known = this.#last.findLastIndex((each) => sameAgain(each, refusal));
    if (known !== -1) {
      const [line] = this.#last.splice(known, 1);
      this.#last.push({ ...refusal, times: line!.times + 1 });
      return;
    }
    const own = this.#last.filter(({ caller }) => sameCaller(caller, refusal.caller));
    if (own.length >= MAX_OF_ONE) this.#last.splice(this.#last.indexOf(own[0]!), 1);
    else if (this.#last.length >= MAX_REFUSALS) this.#makeRoom();
    this.#last.push({ ...refusal });
  }

  /** Strangers from many networks must not push out the callers that can be named, nor the other way round. */
  #makeRoom(): void {
    const strangers = this.#last.filter(({ caller }) => caller.kind === 'network').length;
    const kind = strangers * 2 > this.#last.length ? 'network' : 'principal';
    const oldest = this.#last.findIndex(({ caller }) => caller.kind === kind);
    this.#last.splice(Math.max(oldest, 0), 1);
  }

  /** With one too many, whoever was limited the longest ago leaves. */
  #limit({ caller, timeMs }: RecentRefusal): void {
    const key = `${caller.kind} ${caller.id}`;
    const known = this.#limited.get(key);
    this.#limited.delete(key);
    if (known === undefined && this.#limited.size >= MAX_LIMITED) {
      this.#limited.delete(this.#limited.keys().next().value!);
    }
    this.#limited.set(key, { ...caller, times: (known?.times ?? 0) + 1, lastMs: timeMs });
  }
}

function sameAgain(left: RecentRefusal, right: RecentRefusal): boolean {
  return left.stage === right.stage && left.reason === right.reason && sameCaller(left.caller, right.caller);
}

function sameCaller(left: RefusedCaller, right: RefusedCaller): boolean {
  return left.id === right.id && left.kind === right.kind;
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
