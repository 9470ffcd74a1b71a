/** Who still calls a route? Counts callers in bounded memory, those with credentials apart from mere addresses. */

import type { Call } from '../../core/call.js';

/** Somebody who called a deprecated route. */
export interface DeprecatedCaller {
  readonly kind: 'principal' | 'address';
  /** `sub`, the owner of an API key, or the address. Long ones are cut. */
  readonly id: string;
  /** How a principal proved who they are. */
  readonly scheme?: string;
  readonly calls: number;
  /** Milliseconds since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Entry {
  caller: DeprecatedCaller;
  toldMs: number;
}

/** Callers of each kind that are remembered per route. With another one the longest silent leaves. */
const MAX_CALLERS = 1_000;

/** A client chooses its `sub` with its issuer: what is remembered of it has an end. */
const MAX_ID = 128;

/** A caller is told of at most this often. */
const TELL_EVERY_MS = 3_600_000;

export class CallerBook {
  /** The longest silent first. Two of them: strangers from many addresses must not push out the clients that can be asked. */
  readonly #principals = new Map<string, Entry>();
  readonly #addresses = new Map<string, Entry>();
  #calls = 0;
  #forgotten = 0;

  get calls(): number {
    return this.#calls;
  }

  /** Callers that were pushed out by others. Their calls stay counted in `calls`. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The last to call first. */
  callers(): readonly DeprecatedCaller[] {
    return [...this.#principals.values(), ...this.#addresses.values()]
      .map(({ caller }) => caller)
      .sort((left, right) => right.lastMs - left.lastMs);
  }

  /** The last few of them, at a cost that does not grow with how many there are. The last to call first. */
  latest(count: number): readonly DeprecatedCaller[] {
    return [...lastOf(this.#principals, count), ...lastOf(this.#addresses, count)]
      .sort((left, right) => right.lastMs - left.lastMs)
      .slice(0, count);
  }

  /** How many are remembered. */
  get size(): number {
    return this.#principals.size + this.#addresses.size;
  }

  /** Counts a call. True: it is time to tell of this caller. */
  note({ principal, address }: Pick<Call, 'principal' | 'address'>, nowMs: number): boolean {
    this.#calls++;
    const id = (principal?.id ?? address).slice(0, MAX_ID);
    if (principal === undefined) return this.#count(this.#addresses, id, { kind: 'address', id }, nowMs);
    const { scheme } = principal;
    return this.#count(this.#principals, `${scheme} ${id}`, { kind: 'principal', id, scheme }, nowMs);
  }

  #count(
    entries: Map<string, Entry>,
    key: string,
    who: Pick<DeprecatedCaller, 'kind' | 'id' | 'scheme'>,
    nowMs: number,
  ): boolean {
    const known = entries.get(key);
    if (known !== undefined) entries.delete(key);
    else if (entries.size >= MAX_CALLERS) {
      entries.delete(entries.keys().next().value!);
      this.#forgotten++;
    }
    const { calls = 0, firstMs = nowMs } = known?.caller ?? {};
    const caller = Object.freeze({ ...who, calls: calls + 1, firstMs, lastMs: nowMs });
    // A clock that went backwards tells once more, rather than never.
    const isNews = known === undefined || nowMs - known.toldMs >= TELL_EVERY_MS || nowMs < known.toldMs;
    entries.set(key, { caller, toldMs: isNews ? nowMs : known.toldMs });
    return isNews;
  }
}

/** From the end, where the last to call are. A map is walked from its start only, so the others are skipped, not copied. */
function lastOf(entries: ReadonlyMap<string, Entry>, count: number): readonly DeprecatedCaller[] {
  const found: DeprecatedCaller[] = [];
  let skipped = entries.size - count;
  for (const { caller } of entries.values()) if (--skipped < 0) found.push(caller);
  return found;
}
