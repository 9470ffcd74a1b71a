/** Is this API key good, and whose is it? */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { isThenable } from '../../core/thenable.js';
import { readApiKey } from './api-key.js';
import { digestOfKey, judgeKey } from './api-key-digest.js';
import { API_KEY_STORE, type ApiKeyStore, type StoredApiKey } from './api-key.store.js';
import { API_KEYS_SETTINGS, type ApiKeysSettings } from './api-keys.options.js';
import { RememberedKeys } from './remembered-keys.js';
import { verifiedKey, type VerifiedKey } from './verified-key.js';

/** A use is written down at most this often per key. */
const TOUCH_EVERY_MS = 60_000;

/** No word on what is wrong: it would tell how close a guess came. */
const CHALLENGE = Object.freeze({ 'WWW-Authenticate': 'ApiKey' });

@Injectable()
export class ApiKeyVerifier {
  readonly #remembered: RememberedKeys;
  readonly #pepper: string | undefined;
  /** Look-ups under way, by digest: a busy key costs one at a time. */
  readonly #lookups = new Map<string, Promise<VerifiedKey>>();
  /** Changes with every revocation and rotation: what was looked up before must not be remembered after. */
  #generation = 0;

  constructor(
    @Inject(API_KEYS_SETTINGS) { pepper, rememberMs }: ApiKeysSettings,
    @Inject(API_KEY_STORE) private readonly store: ApiKeyStore,
    @Inject(CLOCK) private readonly clock: Clock,
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
    const known = this.#remembered.recall(digest, this.clock.now()) ?? this.#look(read.id, digest);
    return known instanceof Promise ? known.then((key) => admit(key, address)) : admit(known, address);
  }

  /** The key, where it was verified a moment ago and may be used from there. Undefined says nothing about it. */
  recall(text: string, address: string): VerifiedKey | undefined {
    if ('malformed' in readApiKey(text)) return undefined;
    const key = this.#remembered.recall(digestOfKey(text, this.#pepper), this.clock.now());
    return key?.networks === undefined || key.networks.holds(address) ? key : undefined;
  }

  /** What the store keeps of a key. */
  digest(text: string): string {
    return digestOfKey(text, this.#pepper);
  }

  /** The key has changed: whatever is known of it here is void, what is being looked up included. */
  forget(id: string): void {
    this.#generation++;
    this.#lookups.clear();
    this.#remembered.forget(id);
  }

  #look(id: string, digest: string): VerifiedKey | Promise<VerifiedKey> {
    const underWay = this.#lookups.get(digest);
    if (underWay !== undefined) return underWay;
    const generation = this.#generation;
    let found: StoredApiKey | undefined | Promise<StoredApiKey | undefined>;
    try {
      found = this.store.find(id);
    } catch (error) {
      throw unreachable(error);
    }
    if (!isThenable(found)) return this.#judge(found, digest, generation);
    const lookup = this.#wait(found, digest, generation).finally(() => {
      if (this.#lookups.get(digest) === lookup) this.#lookups.delete(digest);
    });
    this.#lookups.set(digest, lookup);
    return lookup;
  }

  async #wait(found: PromiseLike<StoredApiKey | undefined>, digest: string, generation: number): Promise<VerifiedKey> {
    let key: StoredApiKey | undefined;
    try {
      key = await found;
    } catch (error) {
      throw unreachable(error);
    }
    return this.#judge(key, digest, generation);
  }

  #judge(key: StoredApiKey | undefined, digest: string, generation: number): VerifiedKey {
    const nowMs = this.clock.now();
    const verdict = judgeKey(key, digest, nowMs);
    if ('refused' in verdict) throw refuseKey(verdict.refused);
    const verified = verifiedKey(key!, verdict.superseded);
    if (generation === this.#generation) this.#remembered.remember(digest, verified, nowMs);
    this.#touch(key!, nowMs);
    return verified;
  }

  /** Open on purpose: nobody waits for the note, and a call is not refused because it could not be written. */
  #touch({ id, lastUsedAtMs = -Infinity }: StoredApiKey, nowMs: number): void {
    if (nowMs - lastUsedAtMs < TOUCH_EVERY_MS) return;
    try {
      const noted = this.store.touch(id, nowMs, TOUCH_EVERY_MS);
      if (isThenable(noted)) void noted.then(undefined, () => undefined);
    } catch {
      // As above.
    }
  }
}

export function refuseKey(reason: string): SecurityError {
  return new SecurityError('invalid_token', { reason, headers: CHALLENGE });
}

export function unreachable(cause: unknown): SecurityError {
  return new SecurityError('unavailable', { reason: 'api_keys_unreachable', cause });
}

function admit(key: VerifiedKey, address: string | undefined): VerifiedKey {
  if (key.networks?.holds(address) === false) throw refuseKey('api_key_network');
  return key;
}
