/** Keeps second factors in Redis: a code is good once, whichever process it is typed into. */

import type {
  Attempts,
  AttemptVerdict,
  ChallengeTry,
  MfaStore,
  StoredAuthenticator,
  StoredChallenge,
  StoredPending,
} from '../authentication/mfa/mfa.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';
import * as scripts from './redis-mfa.scripts.js';
import { isYes, numberOf, recordOf, type RedisRecord } from './redis-replies.js';
import type { RedisScript } from './redis-script.js';

const WHAT = 'second factor';

/**
 * All keys of a user share a slot, and so do those of a challenge: each method is one script.
 *
 * Where second factors are forgotten, a password is enough again. A Redis that keeps them must not evict
 * (`maxmemory-policy noeviction`) and has to come back with what it had (`appendonly yes`); a database is the better place.
 */
export class RedisMfaStore implements MfaStore, ConnectedStore {
  readonly gate: RedisGate;

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @throws TypeError naming option, value and fix.
   */
  constructor(redis: RedisClient | RedisGate, options?: RedisGateOptions) {
    this.gate = gateOf(RedisGate, 'RedisMfaStore', redis, options);
  }

  async setPending(userId: string, { id, sealed, replaces, expiresAtMs }: StoredPending): Promise<void> {
    const replaced = replaces === null ? [] : [replaces];
    await this.gate.run(scripts.SET_PENDING, [this.#pending(userId)], [id, sealed, expiresAtMs, ...replaced]);
  }

  async pending(userId: string): Promise<StoredPending | undefined> {
    const record = await this.#read(this.#pending(userId));
    if (record === undefined) return undefined;
    const replaces = record.has('replaces') ? record.text('replaces') : null;
    return { ...authenticatorFrom(record), replaces, expiresAtMs: record.number('expires') };
  }

  confirm(userId: string, id: string, step: number, recovery: readonly string[], nowMs: number): Promise<boolean> {
    const keys = [this.#pending(userId), this.#confirmed(userId), this.#recovery(userId)];
    return this.#ask(scripts.CONFIRM, keys, [id, step, ...recovery, nowMs]);
  }

  async find(userId: string): Promise<StoredAuthenticator | undefined> {
    const record = await this.#read(this.#confirmed(userId));
    return record && authenticatorFrom(record);
  }

  async reseal(userId: string, { id, sealed }: StoredAuthenticator): Promise<void> {
    await this.gate.run(scripts.RESEAL, [this.#confirmed(userId)], [id, sealed]);
  }

  claimStep(userId: string, id: string, step: number): Promise<boolean> {
    return this.#ask(scripts.CLAIM_STEP, [this.#confirmed(userId)], [id, step]);
  }

  setRecoveryCodes(userId: string, digests: readonly string[]): Promise<boolean> {
    return this.#ask(scripts.SET_RECOVERY, [this.#confirmed(userId), this.#recovery(userId)], digests);
  }

  claimRecoveryCode(userId: string, digest: string): Promise<boolean> {
    return this.#ask(scripts.CLAIM_RECOVERY, [this.#recovery(userId)], [digest]);
  }

  async countAttempt(userId: string, { limit, windowMs }: Attempts, nowMs: number): Promise<AttemptVerdict> {
    const reply = await this.gate.runAt(nowMs, scripts.COUNT_ATTEMPT, [this.#attempts(userId)], [limit, windowMs]);
    const retryAfterMs = numberOf(reply, 'attempts');
    return { allowed: retryAfterMs === 0, retryAfterMs };
  }

  async clearAttempts(userId: string): Promise<void> {
    await this.gate.run(scripts.FORGET, [this.#attempts(userId)]);
  }

  async remove(userId: string): Promise<void> {
    const keys = [this.#pending(userId), this.#confirmed(userId), this.#recovery(userId), this.#attempts(userId)];
    await this.gate.run(scripts.FORGET, keys);
  }

  async addChallenge(digest: string, { userId, subject, expiresAtMs, attempts }: StoredChallenge): Promise<void> {
    const args = [userId, subject, expiresAtMs, attempts];
    await this.gate.run(scripts.ADD_CHALLENGE, [this.#challenge(digest)], args);
  }

  async tryChallenge(digest: string, nowMs: number): Promise<ChallengeTry | undefined> {
    const reply = await this.gate.run(scripts.TRY_CHALLENGE, [this.#challenge(digest)], [nowMs]);
    const record = recordOf(reply, 'challenge');
    if (record === undefined) return undefined;
    const challenge = {
      userId: record.text('user'),
      subject: record.text('subject'),
      expiresAtMs: record.number('expires'),
      attempts: record.number('attempts'),
    };
    return { challenge, spent: record.number('left') <= 0 };
  }

  async claimChallenge(digest: string, nowMs: number): Promise<boolean> {
    return isYes(await this.gate.run(scripts.CLAIM_CHALLENGE, [this.#challenge(digest)], [nowMs]), 'challenge');
  }

  async #read(key: string): Promise<RedisRecord | undefined> {
    return recordOf(await this.gate.run(scripts.READ, [key]), WHAT);
  }

  async #ask(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<boolean> {
    return isYes(await this.gate.run(script, keys, args), WHAT);
  }

  #pending(userId: string): string {
    return this.gate.key(userId, 'mfa-pending');
  }

  #confirmed(userId: string): string {
    return this.gate.key(userId, 'mfa');
  }

  #recovery(userId: string): string {
    return this.gate.key(userId, 'mfa-recovery');
  }

  #attempts(userId: string): string {
    return this.gate.key(userId, 'mfa-attempts');
  }

  #challenge(digest: string): string {
    return this.gate.key(digest, 'mfa-challenge');
  }
}

function authenticatorFrom(record: RedisRecord): StoredAuthenticator {
  return { id: record.text('id'), sealed: record.text('sealed') };
}
