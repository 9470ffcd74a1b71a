/** Counts failed logins in Redis: who guesses is slowed down by all processes together. */

import type { DelayPolicy } from '../throttling/login-defence/failure-record.js';
import type {
  LoginDefenceStore,
  LoginKeys,
  LoginObstacle,
  LoginPolicy,
  LoginVerdict,
} from '../throttling/login-defence/login-defence.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';
import { BEGIN, FAIL, RELEASE, SUCCEED } from './redis-login-defence.scripts.js';
import { corrupt, numberOf, textsOf } from './redis-replies.js';

/**
 * One tag for all: a try is judged by its address and its account in one step, any address may try any account, and in a
 * Cluster a step stays within one slot. A login costs a password hash, so that the node of that slot is not what is short.
 */
const TAG = 'logins';

const OBSTACLES: readonly LoginObstacle[] = [
  'address',
  'account_from_address',
  'account_under_attack',
  'credential_stuffing',
];

/** Each method is one script. What is forgiven leaves by itself. */
export class RedisLoginDefenceStore implements LoginDefenceStore, ConnectedStore {
  readonly gate: RedisGate;

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @throws TypeError naming option, value and fix.
   */
  constructor(redis: RedisClient | RedisGate, options?: RedisGateOptions) {
    this.gate = gateOf(RedisGate, 'RedisLoginDefenceStore', redis, options);
  }

  async begin(keys: LoginKeys, policy: LoginPolicy, nowMs: number, isChallenged: boolean): Promise<LoginVerdict> {
    const { account, address, stuffing, challenges } = policy;
    const args = [keys.account, ...delayOf(account), ...delayOf(address), stuffing.accounts, stuffing.windowMs];
    const flags = [challenges ? 1 : 0, isChallenged ? 1 : 0];
    const reply = await this.gate.runAt(nowMs, BEGIN, this.#keys(keys), [...args, ...flags]);
    const [found, wait, tried] = textsOf(reply, 'login verdict');
    const retryAfterMs = numberOf(wait, 'login verdict');
    if (found === '') return { retryAfterMs };
    const obstacle = OBSTACLES.find((each) => each === found);
    if (obstacle === undefined) throw corrupt('login verdict');
    return { obstacle, retryAfterMs, ...stuffingOf(tried) };
  }

  async fail(keys: LoginKeys, { stuffing }: LoginPolicy, nowMs: number): Promise<Pick<LoginVerdict, 'stuffing'>> {
    const args = [keys.account, stuffing.accounts, stuffing.windowMs];
    return stuffingOf(await this.gate.runAt(nowMs, FAIL, this.#keys(keys), args));
  }

  async succeed(keys: LoginKeys, { address, knownForMs }: LoginPolicy, nowMs: number): Promise<void> {
    await this.gate.runAt(nowMs, SUCCEED, this.#keys(keys), [keys.account, address.maxDelayMs, knownForMs]);
  }

  async release(keys: LoginKeys, { account, address }: LoginPolicy, nowMs: number): Promise<void> {
    await this.gate.runAt(nowMs, RELEASE, this.#keys(keys), [account.maxDelayMs, address.maxDelayMs]);
  }

  #keys({ account, address }: LoginKeys): string[] {
    // As JSON, so that no two pairs read alike.
    const pair = JSON.stringify([account, address]);
    return [
      this.gate.key(TAG, 'login-address', address),
      this.gate.key(TAG, 'login-pair', pair),
      this.gate.key(TAG, 'login-account', account),
      this.gate.key(TAG, 'login-known', pair),
      this.gate.key(TAG, 'login-accounts', address),
      this.gate.key(TAG, 'login-stuffing', address),
    ];
  }
}

function delayOf({ free, firstDelayMs, maxDelayMs }: DelayPolicy): number[] {
  return [free, firstDelayMs, maxDelayMs];
}

function stuffingOf(tried: unknown): Pick<LoginVerdict, 'stuffing'> {
  return tried === '' ? {} : { stuffing: numberOf(tried, 'login verdict') };
}
