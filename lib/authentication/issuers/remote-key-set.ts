/** Which keys does an issuer sign with, now? Fetched, kept for a while, fetched again: never once per request, whoever asks. */

import type { Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { KeySet } from '../jwt/key-set.js';
import type { TokenKey } from '../jwt/token-key.js';
import { ProviderFault } from './remote-json.js';
import type { KeySchedule } from './key-schedule.js';
import { UnknownNames } from './unknown-names.js';

/** A fetched set. */
interface Copy {
  readonly keys: KeySet;
  readonly held: ReadonlySet<TokenKey>;
  readonly names: ReadonlySet<string>;
  /** When it was asked for. */
  readonly sinceMs: number;
}

export interface KeyPublisher {
  readonly schedule: KeySchedule;
  /** Asks for the set. @param known The keys of the last one. @throws ProviderFault */
  fetchKeys(known: readonly TokenKey[]): Promise<KeySet>;
  /** Told of every fetch that failed, and why. */
  failed(reason: string): void;
}

/** The first wait after a failure; each in a row doubles it, up to the cool-down. */
const FIRST_WAIT_MS = 1_000;

export class RemoteKeySet {
  #copy: Copy | undefined = undefined;
  #fetching: Promise<void> | undefined = undefined;
  /** Fetches that failed since one went well. */
  #failures = 0;
  #failedAtMs = -Infinity;
  /** When an unknown name last caused a fetch. */
  #provokedAtMs = -Infinity;
  readonly #unknown: UnknownNames;
  /** Refusals of names that could not be asked for. */
  #notAsked = 0;

  constructor(
    private readonly publisher: KeyPublisher,
    private readonly clock: Clock,
  ) {
    this.#unknown = new UnknownNames(publisher.schedule.cooldownMs);
  }

  /**
   * The keys to check a token with: at once where they are fresh and the name is known.
   *
   * @param kid The token's. One that nobody knows causes a fetch, at most once per cool-down, whatever the number of names.
   * @throws SecurityError `unavailable` where there are none that could still be used, and where it may not be asked yet
   * whether there is one of that name: it may have been published a moment ago.
   */
  async forToken(kid: string | undefined): Promise<KeySet> {
    const copy = await this.#usable();
    if (kid === undefined || isKnown(copy, kid)) return copy.keys;
    // Somebody is asking already. What they get may have been made before this key was: then this token asks as well.
    if (this.#fetching !== undefined) {
      await this.#fetching;
      if (isKnown(this.#copy, kid)) return this.#copy!.keys;
    }
    const nowMs = this.clock.now();
    // The issuer was asked for this very name, and has none: the token is refused.
    if (this.#unknown.has(kid, nowMs)) return this.#copy!.keys;
    const { cooldownMs } = this.publisher.schedule;
    if (this.#isWaiting()) throw unavailable('issuer_keys_unreachable', this.#failedAtMs + this.#waitMs() - nowMs);
    if (isWithin(this.#provokedAtMs, cooldownMs, nowMs))
      throw unavailable('issuer_key_not_asked_yet', this.#provokedAtMs + cooldownMs - nowMs, this.#isTenth());
    this.#provokedAtMs = nowMs;
    await this.#refresh();
    if (this.#failures > 0) throw unavailable('issuer_keys_unreachable', this.#waitMs());
    if (!isKnown(this.#copy, kid)) this.#unknown.add(kid, this.clock.now());
    return this.#copy!.keys;
  }

  /** Is this key, by which a token was proved, still published as far as we know? False too where somebody has to ask first. */
  holds(key: TokenKey, nowMs: number): boolean {
    const copy = this.#copy;
    if (copy === undefined || !copy.held.has(key)) return false;
    const { schedule } = this.publisher;
    const ageMs = ageOf(copy, nowMs, schedule);
    if (ageMs >= schedule.refreshAfterMs) this.#refreshBehind();
    return ageMs < schedule.maxAgeMs || this.#isStaleGood(ageMs);
  }

  async #usable(): Promise<Copy> {
    const copy = this.#copy;
    const { schedule } = this.publisher;
    const ageMs = copy === undefined ? Infinity : ageOf(copy, this.clock.now(), schedule);
    if (copy !== undefined && (ageMs < schedule.maxAgeMs || this.#isStaleGood(ageMs))) {
      if (ageMs >= schedule.refreshAfterMs) this.#refreshBehind();
      return copy;
    }
    if (!this.#isWaiting()) await this.#refresh();
    const fetched = this.#copy;
    if (fetched !== undefined) {
      const nowMs = this.clock.now();
      const age = ageOf(fetched, nowMs, schedule);
      if (age < schedule.maxAgeMs || this.#isStaleGood(age)) return fetched;
    }
    throw unavailable('issuer_keys_unreachable', this.#waitMs());
  }

  /** Old keys are used where the issuer was asked for new ones and did not answer. */
  #isStaleGood(ageMs: number): boolean {
    const { maxAgeMs, staleIfErrorMs } = this.publisher.schedule;
    return this.#failures > 0 && ageMs < maxAgeMs + staleIfErrorMs;
  }

  /** After a failure: an issuer that is not well is left alone for a moment. */
  #isWaiting(): boolean {
    return this.#failures > 0 && isWithin(this.#failedAtMs, this.#waitMs(), this.clock.now());
  }

  /** A new key of the issuer is asked for a few times until it is found; made-up ones go on and on. */
  #isTenth(): boolean {
    return ++this.#notAsked % 10 === 0;
  }

  #waitMs(): number {
    return Math.min(this.publisher.schedule.cooldownMs, FIRST_WAIT_MS * 2 ** Math.min(this.#failures - 1, 16));
  }

  #refreshBehind(): void {
    if (this.#fetching === undefined && !this.#isWaiting()) void this.#refresh();
  }

  /** However many ask, one fetch. Never rejects: who needs keys looks whether there are some. */
  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const sinceMs = this.clock.now();
    try {
      const keys = await this.publisher.fetchKeys(this.#copy?.keys.keys ?? []);
      const names = keys.keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
      this.#copy = { keys, held: new Set(keys.keys), names: new Set(names), sinceMs };
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      this.#failedAtMs = this.clock.now();
      this.publisher.failed(error instanceof ProviderFault ? error.message : 'the key set cannot be read');
    }
  }
}

/** The issuer's fault, or an attacker's: most callers are not counted as guessing. */
function unavailable(reason: string, waitMs: number, suspect = false): SecurityError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new SecurityError('unavailable', { reason, suspect, headers: { 'Retry-After': String(seconds) } });
}

/** Where no key has a name, a token's is not consulted. */
function isKnown(copy: Copy | undefined, kid: string): boolean {
  return copy !== undefined && ((copy.names.size === 0 && copy.held.size > 0) || copy.names.has(kid));
}

/** A clock that stepped back says nothing about an age: then it is time to ask again. */
function ageOf({ sinceMs }: Copy, nowMs: number, { maxAgeMs }: KeySchedule): number {
  return nowMs < sinceMs ? maxAgeMs : nowMs - sinceMs;
}

function isWithin(sinceMs: number, forMs: number, nowMs: number): boolean {
  return nowMs >= sinceMs && nowMs - sinceMs < forMs;
}
