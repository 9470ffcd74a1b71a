/** Counts failed logins in this process's memory: bounded, and without timers. */

import { KEPT_IN_PROCESS } from '../../core/process-memory.js';
import { checkPositiveInteger } from '../../core/checks.js';
import { failed, levelAt, undone, waitOf, type FailureRecord } from './failure-record.js';
import type { LoginDefenceStore, LoginKeys, LoginPolicy, LoginVerdict } from './login-defence.store.js';

interface Entry {
  failures?: FailureRecord;
  /** An address's: the accounts it failed at, and when last. */
  accounts?: Map<string, number>;
  /** An address's: it is trying out leaked passwords, as far as we know until this moment. */
  stuffingUntilMs?: number;
}

/** Each method runs to its end before another starts: that is all the atomicity a single process needs. */
export class MemoryLoginDefenceStore implements LoginDefenceStore {
  readonly [KEPT_IN_PROCESS] = 'failed logins (security.loginDefence.store)';
  /** Longest untouched first. */
  readonly #entries = new Map<string, Entry>();
  /**
   * Pairs where the owner logged in from there, and until when the address counts as theirs. Longest ago first. Apart from
   * the failures: a flood of them must not make strangers of owners.
   */
  readonly #known = new Map<string, number>();

  /**
   * @param maxKeys How many records of failures are kept, and how many known addresses. Default 100_000 each. Beyond it
   * the longest untouched is forgotten.
   */
  constructor(private readonly maxKeys = 100_000) {
    checkPositiveInteger('MemoryLoginDefenceStore: maxKeys', maxKeys);
  }

  get size(): number {
    return this.#entries.size;
  }

  begin(keys: LoginKeys, policy: LoginPolicy, nowMs: number, isChallenged: boolean): LoginVerdict {
    const { address, pair, account } = keysOf(keys);
    const obstacle = this.#obstacle(keys, policy, nowMs, isChallenged);
    // What is tried meanwhile is no less a sign of what the address is doing.
    if (obstacle !== undefined) return { ...obstacle, ...this.#noteAccount(keys, policy, nowMs) };
    this.#change(address, ({ failures }) => ({ failures: failed(failures, nowMs, policy.address) }));
    this.#change(pair, ({ failures }) => ({ failures: failed(failures, nowMs, policy.account) }));
    this.#change(account, ({ failures }) => ({ failures: failed(failures, nowMs, policy.account) }));
    return GO_ON;
  }

  fail(keys: LoginKeys, policy: LoginPolicy, nowMs: number): Pick<LoginVerdict, 'stuffing'> {
    return this.#noteAccount(keys, policy, nowMs);
  }

  succeed(keys: LoginKeys, policy: LoginPolicy, nowMs: number): void {
    const { address, pair, account } = keysOf(keys);
    // Not forgotten like the account's: else one account of one's own would wash off every failure at others.
    this.#undo(address, policy.address, nowMs);
    this.#entries.get(address)?.accounts?.delete(keys.account);
    this.#entries.delete(account);
    this.#entries.delete(pair);
    this.#known.delete(pair);
    makeRoom(this.#known, this.maxKeys);
    this.#known.set(pair, nowMs + policy.knownForMs);
  }

  release(keys: LoginKeys, policy: LoginPolicy, nowMs: number): void {
    const { address, pair, account } = keysOf(keys);
    this.#undo(address, policy.address, nowMs);
    this.#undo(pair, policy.account, nowMs);
    this.#undo(account, policy.account, nowMs);
  }

  #obstacle(keys: LoginKeys, policy: LoginPolicy, nowMs: number, isChallenged: boolean): LoginVerdict | undefined {
    const { address, pair, account } = keysOf(keys);
    const [ofAddress, ofPair] = [this.#entries.get(address), this.#entries.get(pair)];
    const addressWaitMs = waitOf(ofAddress?.failures, nowMs, policy.address);
    if (addressWaitMs > 0) return { obstacle: 'address', retryAfterMs: addressWaitMs };
    const pairWaitMs = waitOf(ofPair?.failures, nowMs, policy.account);
    if (pairWaitMs > 0) return { obstacle: 'account_from_address', retryAfterMs: pairWaitMs };
    if (isChallenged) return undefined;

    const stuffingMs = (ofAddress?.stuffingUntilMs ?? 0) - nowMs;
    if (policy.challenges && stuffingMs > 0) return { obstacle: 'credential_stuffing', retryAfterMs: stuffingMs };
    const accountWaitMs = waitOf(this.#entries.get(account)?.failures, nowMs, policy.account);
    const isKnown = (this.#known.get(pair) ?? 0) > nowMs;
    const level = levelAt(ofPair?.failures, nowMs, policy.account);
    if (accountWaitMs === 0 || isKnown || level === 0) return undefined;
    const forgivenMs = level * policy.account.maxDelayMs;
    return { obstacle: 'account_under_attack', retryAfterMs: Math.min(accountWaitMs, forgivenMs) };
  }

  #noteAccount(keys: LoginKeys, { stuffing }: LoginPolicy, nowMs: number): Pick<LoginVerdict, 'stuffing'> {
    const { address } = keysOf(keys);
    const entry = this.#entries.get(address);
    const accounts = entry?.accounts ?? new Map<string, number>();
    for (const [account, atMs] of accounts) {
      if (nowMs - atMs < stuffing.windowMs && accounts.size < stuffing.accounts) break;
      accounts.delete(account);
    }
    accounts.delete(keys.account);
    accounts.set(keys.account, nowMs);
    const isNew = accounts.size >= stuffing.accounts && (entry?.stuffingUntilMs ?? 0) <= nowMs;
    const stuffingUntilMs = isNew ? nowMs + stuffing.windowMs : entry?.stuffingUntilMs;
    this.#change(address, () => ({ accounts, ...(stuffingUntilMs !== undefined && { stuffingUntilMs }) }));
    return isNew ? { stuffing: accounts.size } : {};
  }

  #undo(key: string, policy: LoginPolicy['account'], nowMs: number): void {
    if (!this.#entries.has(key)) return;
    this.#change(key, ({ failures }) => ({ failures: undone(failures, nowMs, policy) }));
  }

  #change(key: string, change: (entry: Entry) => Entry): void {
    const entry = this.#entries.get(key) ?? {};
    this.#entries.delete(key);
    makeRoom(this.#entries, this.maxKeys);
    this.#entries.set(key, { ...entry, ...change(entry) });
  }
}

/** Room for one more. */
function makeRoom(map: Map<string, unknown>, max: number): void {
  if (map.size >= max) map.delete(map.keys().next().value!);
}

const GO_ON: LoginVerdict = Object.freeze({ retryAfterMs: 0 });

function keysOf({ account, address }: LoginKeys): { address: string; pair: string; account: string } {
  return { address: `a/${address}`, pair: `p/${account}/${address}`, account: `u/${account}` };
}
