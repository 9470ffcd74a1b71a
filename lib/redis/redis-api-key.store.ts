/** Keeps API keys in Redis: one that is revoked by any process is good nowhere. */

import { isExpired, MOST_FORMER } from '../authentication/api-key/api-key-rotation.js';
import type {
  ApiKeyStore,
  KeyRotation,
  KeyRotationOutcome,
  StoredApiKey,
} from '../authentication/api-key/api-key.store.js';
import { apiKeyFrom, fieldsOf } from './redis-api-key.record.js';
import * as scripts from './redis-api-key.scripts.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';
import { corrupt, isYes, recordOf, textsOf } from './redis-replies.js';

/** How long a key is still listed after it has expired, in milliseconds: 30 days. */
const LISTED_AFTER_MS = 2_592_000_000;

const WHAT = 'API key';

/**
 * A key lives in the slot of its id, because a request names nothing else; the list of an owner's keys in the slot of the owner.
 * Looking up, rotating, revoking and noting a use is one script on the key. How many an owner may have is decided by one script
 * on the list; what else that takes is done in an order that is safe wherever it is interrupted:
 *
 * - A key is written first and takes its place in the list then. Without a place it goes again.
 * - What is listed and not there is dead, and leaves the list when the list is next read.
 * - Before a rotation makes a key last longer, its list is made to last as long.
 */
export class RedisApiKeyStore implements ApiKeyStore, ConnectedStore {
  readonly gate: RedisGate;

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @throws TypeError naming option, value and fix.
   */
  constructor(redis: RedisClient | RedisGate, options?: RedisGateOptions) {
    this.gate = gateOf(RedisGate, 'RedisApiKeyStore', redis, options);
  }

  async add(key: StoredApiKey, limit: number, nowMs: number): Promise<boolean> {
    const forMs = keptMs(key.expiresAtMs, nowMs);
    await this.gate.run(scripts.PUT, [this.#key(key.id)], [forMs, ...fieldsOf(key)]);
    const takePlace = (dead: readonly string[]): Promise<unknown> =>
      this.gate.run(scripts.ENLIST, [this.#list(key.ownerId)], [key.id, key.createdAtMs, forMs, limit, ...dead]);
    let gone = await takePlace([]);
    if (gone === null) gone = await takePlace(await this.#dead(key.ownerId, nowMs));
    if (gone === null) {
      await this.#drop(key.id);
      return false;
    }
    // It is added. Dead ones that cannot be dropped now are good for nothing, and leave by themselves.
    await Promise.allSettled(textsOf(gone, 'list of API keys').map((id) => this.#drop(id)));
    return true;
  }

  async find(id: string): Promise<StoredApiKey | undefined> {
    const record = recordOf(await this.gate.run(scripts.READ, [this.#key(id)]), WHAT);
    return record && apiKeyFrom(id, record);
  }

  async rotate({ id, nextDigest, nextExpiresAtMs, overlapUntilMs, nowMs }: KeyRotation): Promise<KeyRotationOutcome> {
    const key = await this.find(id);
    if (key === undefined) return { outcome: 'unknown' };
    const forMs = keptMs(nextExpiresAtMs, nowMs);
    await this.gate.run(scripts.PROLONG, [this.#list(key.ownerId)], [forMs]);
    const args = [nextDigest, nextExpiresAtMs, overlapUntilMs, nowMs, MOST_FORMER, forMs];
    const reply = await this.gate.run(scripts.ROTATE, [this.#key(id)], args);
    const [outcome, ...fields] = textsOf(reply, WHAT);
    switch (outcome) {
      case 'unknown':
      case 'revoked':
      case 'expired':
      case 'too_many_former':
        return { outcome };
      case 'rotated':
        return { outcome, key: apiKeyFrom(id, recordOf(fields, WHAT)!) };
      default:
        throw corrupt(WHAT);
    }
  }

  async revoke(id: string, nowMs: number): Promise<boolean> {
    return isYes(await this.gate.run(scripts.REVOKE, [this.#key(id)], [nowMs]), WHAT);
  }

  async list(ownerId: string): Promise<readonly StoredApiKey[]> {
    const ids = await this.#listed(ownerId);
    const found = await Promise.all(ids.map((id) => this.find(id)));
    const gone = ids.filter((_, index) => found[index] === undefined);
    if (gone.length > 0) await this.gate.run(scripts.DELIST, [this.#list(ownerId)], gone);
    return found.flatMap((key) => key ?? []).toReversed();
  }

  async touch(id: string, nowMs: number, everyMs: number): Promise<void> {
    await this.gate.run(scripts.TOUCH, [this.#key(id)], [nowMs, everyMs]);
  }

  /** Dead for good: neither a revoked nor an expired key can be rotated. The oldest first. */
  async #dead(ownerId: string, nowMs: number): Promise<readonly string[]> {
    const ids = await this.#listed(ownerId);
    const found = await Promise.all(ids.map((id) => this.find(id)));
    return ids.filter((_, index) => {
      const key = found[index];
      return key === undefined || key.revokedAtMs !== undefined || isExpired(key, nowMs);
    });
  }

  async #listed(ownerId: string): Promise<readonly string[]> {
    return textsOf(await this.gate.run(scripts.LISTED, [this.#list(ownerId)]), 'list of API keys');
  }

  #drop(id: string): Promise<unknown> {
    return this.gate.run(scripts.DROP, [this.#key(id)]);
  }

  #key(id: string): string {
    return this.gate.key(id, 'api-key');
  }

  #list(ownerId: string): string {
    return this.gate.key(ownerId, 'api-keys');
  }
}

function keptMs(expiresAtMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil(expiresAtMs - nowMs)) + LISTED_AFTER_MS;
}
