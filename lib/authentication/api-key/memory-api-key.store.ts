/** Keeps API keys in this process's memory: bounded. */

import { KEPT_IN_PROCESS } from '../../core/process-memory.js';
import { checkKeys, checkPositiveInteger } from '../../core/checks.js';
import { decideKeyRotation, isExpired } from './api-key-rotation.js';
import type { ApiKeyStore, KeyRotation, KeyRotationOutcome, StoredApiKey } from './api-key.store.js';

export interface MemoryApiKeyStoreOptions {
  /** How many keys are kept. Default 1_000_000. Beyond it `add` throws: no key is forgotten for another one. */
  readonly maxKeys?: number;
}

/** The API keys of a single process; they end with it. It answers at once, never with a promise. */
export class MemoryApiKeyStore implements ApiKeyStore {
  readonly [KEPT_IN_PROCESS] = 'API keys (security.apiKeys.store)';
  readonly #maxKeys: number;
  readonly #keys = new Map<string, StoredApiKey>();
  /** The oldest first. */
  readonly #byOwner = new Map<string, Set<string>>();

  /** @throws TypeError when `maxKeys` is not a positive whole number. */
  constructor(options: MemoryApiKeyStoreOptions = {}) {
    checkKeys('MemoryApiKeyStore', options, ['maxKeys']);
    this.#maxKeys = checkPositiveInteger('MemoryApiKeyStore.maxKeys', options.maxKeys ?? 1_000_000);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** @throws RangeError when there is no room. */
  add(key: StoredApiKey, limit: number, nowMs: number): boolean {
    const own = this.#ownedBy(key.ownerId);
    const surplus = own.length + 1 - limit;
    const dead = own.filter((each) => each.revokedAtMs !== undefined || isExpired(each, nowMs));
    if (dead.length < surplus) return false;
    for (const { id } of dead.slice(0, Math.max(0, surplus))) this.#drop(id, key.ownerId);
    if (this.#keys.size >= this.#maxKeys) {
      throw new RangeError(`MemoryApiKeyStore: there is no room for more than ${this.#maxKeys} keys.`);
    }
    this.#keys.set(key.id, Object.freeze({ ...key }));
    const ids = this.#byOwner.get(key.ownerId);
    if (ids === undefined) this.#byOwner.set(key.ownerId, new Set([key.id]));
    else ids.add(key.id);
    return true;
  }

  find(id: string): StoredApiKey | undefined {
    return this.#keys.get(id);
  }

  rotate(rotation: KeyRotation): KeyRotationOutcome {
    const decision = decideKeyRotation(this.#keys.get(rotation.id), rotation);
    if (decision.outcome === 'rotated') this.#keys.set(rotation.id, decision.key);
    return decision;
  }

  revoke(id: string, nowMs: number): boolean {
    const key = this.#keys.get(id);
    if (key === undefined || key.revokedAtMs !== undefined) return false;
    this.#keys.set(id, Object.freeze({ ...key, revokedAtMs: nowMs }));
    return true;
  }

  list(ownerId: string): readonly StoredApiKey[] {
    return this.#ownedBy(ownerId).reverse();
  }

  touch(id: string, nowMs: number, everyMs: number): void {
    const key = this.#keys.get(id);
    if (key === undefined || nowMs - (key.lastUsedAtMs ?? -Infinity) < everyMs) return;
    this.#keys.set(id, Object.freeze({ ...key, lastUsedAtMs: nowMs }));
  }

  #ownedBy(ownerId: string): StoredApiKey[] {
    return [...(this.#byOwner.get(ownerId) ?? [])].map((id) => this.#keys.get(id)!);
  }

  #drop(id: string, ownerId: string): void {
    this.#keys.delete(id);
    const ids = this.#byOwner.get(ownerId)!;
    ids.delete(id);
    if (ids.size === 0) this.#byOwner.delete(ownerId);
  }
}
