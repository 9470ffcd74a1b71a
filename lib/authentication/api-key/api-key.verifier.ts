/** Is this API key good, and whose is it? */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { Measurements } from '../../core/measurements.js';
import { isThenable } from '../../core/thenable.js';
import { readApiKey } from './api-key.js';
import { digestOfKey } from './api-key-digest.js';
import { refuseKey, unreachable } from './api-key-refusal.js';
import { judgeKey } from './api-key-verdict.js';
import { API_KEY_STORE, type ApiKeyStore, type StoredApiKey } from './api-key.store.js';
import { API_KEYS_SETTINGS, type ApiKeysSettings } from './api-keys.options.js';
import { RememberedKeys } from './remembered-keys.js';
import { verifiedKey, type VerifiedKey } from './verified-key.js';

/** A use is written down at most this often per key. */
const TOUCH_EVERY_MS = 60_000;

/** The store is being asked about a key. */
interface LookUp {
  readonly id: string;
  readonly digest: string;
  /** What it tells may be as old as this. */
  readonly sinceMs: number;
  /** The key was revoked or rotated meanwhile: what comes of this must not be remembered. */
  isVoid: boolean;
  found?: Promise<VerifiedKey>;
}

@Injectable()
export class ApiKeyVerifier {
  readonly #remembered: RememberedKeys;
  readonly #pepper: string | undefined;
  /** Look-ups under way, by digest: a busy key costs one at a time. */
  readonly #lookups = new Map<string, LookUp>();

  constructor(
    @Inject(API_KEYS_SETTINGS) { pepper, rememberMs }: ApiKeysSettings,
    @Inject(API_KEY_STORE) private readonly store: ApiKeyStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Measurements) private readonly measurements: Measurements,
  ) {
    this.#pepper = pepper;
    this.#remembered = new RememberedKeys(rememberMs);
  }

  /**
   * The key behind this text, at once where it is remembered or the store answers at once.
   *
   * @param address Where the call comes from, as `ClientAddress` tells it.
   * @throws SecurityError `invalid_token`, the same to the client for every cause; `unavailable` where the store is out of
   * reach: a key that nobody can check is not taken.
   */
  resolve(text: string, address: string | undefined): VerifiedKey | Promise<VerifiedKey> {
    const read = readApiKey(text);
    if ('malformed' in read) throw refuseKey(read.malformed);
    const digest = digestOfKey(text, this.#pepper);
    const remembered = this.#remembered.recall(digest, this.clock.now());
    this.measurements.meter?.cache('api-keys', remembered !== undefined);
    const known = remembered ?? this.#look(read.id, digest);
    return known instanceof Promise ? known.then((key) => this.#admit(key, address)) : this.#admit(known, address);
  }

  /** Did this key hold within the last minutes, and may it be used from there? It may have been revoked since. */
  isProven(text: string, address: string): boolean {
    if ('malformed' in readApiKey(text)) return false;
    const key = this.#remembered.proven(digestOfKey(text, this.#pepper), this.clock.now());
    return key !== undefined && key.networks?.holds(address) !== false;
  }

  /** What the store keeps of a key. */
  digest(text: string): string {
    return digestOfKey(text, this.#pepper);
  }

  /** The key has changed: whatever is known of it here is void, what is being looked up included. */
  forget(id: string): void {
    for (const [digest, lookUp] of this.#lookups) {
      if (lookUp.id !== id) continue;
      lookUp.isVoid = true;
      this.#lookups.delete(digest);
    }
    this.#remembered.forget(id);
  }

  #look(id: string, digest: string): VerifiedKey | Promise<VerifiedKey> {
    const underWay = this.#lookups.get(digest);
    if (underWay !== undefined) return underWay.found!;
    const lookUp: LookUp = { id, digest, sinceMs: this.clock.now(), isVoid: false };
    let key: StoredApiKey | undefined | Promise<StoredApiKey | undefined>;
    try {
      key = this.store.find(id);
    } catch (error) {
      throw unreachable(error);
    }
    if (!isThenable(key)) return this.#judge(lookUp, key);
    lookUp.found = this.#wait(lookUp, key).finally(() => {
      if (this.#lookups.get(digest) === lookUp) this.#lookups.delete(digest);
    });
    this.#lookups.set(digest, lookUp);
    return lookUp.found;
  }

  async #wait(lookUp: LookUp, asked: PromiseLike<StoredApiKey | undefined>): Promise<VerifiedKey> {
    let key: StoredApiKey | undefined;
    try {
      key = await asked;
    } catch (error) {
      throw unreachable(error);
    }
    return this.#judge(lookUp, key);
  }

  #judge({ id, digest, sinceMs, isVoid }: LookUp, key: StoredApiKey | undefined): VerifiedKey {
    const verdict = judgeKey(key, digest, this.clock.now());
    if ('refused' in verdict) {
      this.#remembered.drop(digest);
      throw refuseKey(verdict.refused, id);
    }
    const verified = verifiedKey(key!, verdict.superseded);
    if (!isVoid) this.#remembered.remember(digest, verified, sinceMs);
    return verified;
  }

  #admit(key: VerifiedKey, address: string | undefined): VerifiedKey {
    if (key.networks?.holds(address) === false) throw refuseKey('api_key_network', key.id);
    this.#touch(key, this.clock.now());
    return key;
  }

  /** Open on purpose: nobody waits for the note, and a call is not refused because it could not be written. */
  #touch(key: VerifiedKey, nowMs: number): void {
    if (nowMs - key.touchedAtMs < TOUCH_EVERY_MS) return;
    key.touchedAtMs = nowMs;
    try {
      const noted = this.store.touch(key.id, nowMs, TOUCH_EVERY_MS);
      if (isThenable(noted)) void noted.then(undefined, () => undefined);
    } catch {
      // As above.
    }
  }
}
