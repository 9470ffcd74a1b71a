/** May somebody try another password? Slows down who guesses, without shutting out whom they guess at. */

import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SLOWS_GUESSING } from '../../core/guessing.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents, type EventSubject } from '../../core/events.js';
import { LOGIN_DEFENCE, type LoginDefenceSettings } from './login-defence.options.js';
import {
  LOGIN_DEFENCE_STORE,
  type LoginDefenceStore,
  type LoginKeys,
  type LoginObstacle,
  type LoginVerdict,
} from './login-defence.store.js';

export interface LoginAttempt {
  /** What was typed as the account's name, known or not. Only a digest of it is kept. */
  readonly account: string;
  /** Where from: `callOf(request)!.address`. */
  readonly address: string;
  /** What the caller brought against a challenge. Handed to `loginDefence.challenge` as it is. */
  readonly proof?: unknown;
  /** Who and where, for events: `callOf(request)?.subject()`. Default: the address. */
  readonly from?: EventSubject;
}

const UNAUTHORIZED = 401;

@Injectable()
export class LoginDefence {
  readonly [SLOWS_GUESSING] = true;

  constructor(
    @Inject(LOGIN_DEFENCE) private readonly settings: LoginDefenceSettings,
    @Inject(LOGIN_DEFENCE_STORE) private readonly store: LoginDefenceStore,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Runs `verify`, unless this address has to wait. `undefined`, `null` and `false` are failures, and so is a SecurityError
   * of status 401; what else it throws is nobody's failure. Answers and throws as `verify` does.
   *
   * @throws SecurityError `rate_limited` with `Retry-After`, or `challenge_required` where a challenge would help; `verify`
   * has not run then.
   *
   * @example
   * const user = await defence.attempt({ account: username, address }, () => this.check(username, password));
   * if (user === undefined) throw new SecurityError('unauthenticated', { reason: 'login_failed', recorded: true });
   */
  async attempt<T>(attempt: LoginAttempt, verify: () => T | Promise<T>): Promise<T> {
    const keys = { account: digestOf(attempt.account), address: attempt.address };
    await this.#begin(keys, attempt);
    let result: T;
    try {
      result = await verify();
    } catch (error) {
      if (error instanceof SecurityError && error.getStatus() === UNAUTHORIZED) await this.#fail(keys, attempt);
      else await this.store.release(keys, this.settings.policy, this.clock.now());
      throw error;
    }
    if (result === undefined || result === null || result === false) await this.#fail(keys, attempt);
    else await this.store.succeed(keys, this.settings.policy, this.clock.now());
    return result;
  }

  /** Counts the try as a failure before it is made: of a thousand made at once no more get through than in a row. */
  async #begin(keys: LoginKeys, attempt: LoginAttempt): Promise<void> {
    const { policy } = this.settings;
    let verdict = await this.store.begin(keys, policy, this.clock.now(), false);
    this.#tellOfStuffing(verdict, attempt);
    if (verdict.obstacle === undefined) return;
    if (isOpenToChallenge(verdict.obstacle) && (await this.#isPerson(attempt, verdict.obstacle))) {
      verdict = await this.store.begin(keys, policy, this.clock.now(), true);
      if (verdict.obstacle === undefined) return;
    }
    throw this.#refuse(verdict.obstacle, verdict.retryAfterMs, attempt);
  }

  async #isPerson({ account, address, proof }: LoginAttempt, obstacle: LoginObstacle): Promise<boolean> {
    return (await this.settings.challenge?.({ account, address, obstacle, proof })) === true;
  }

  async #fail(keys: LoginKeys, attempt: LoginAttempt): Promise<void> {
    const verdict = await this.store.fail(keys, this.settings.policy, this.clock.now());
    this.events.emit({
      kind: 'credential_refused',
      timeMs: this.clock.now(),
      level: 'warning',
      subject: subjectOf(attempt),
      stage: 'login',
      code: 'unauthenticated',
      reason: 'login_failed',
    });
    this.#tellOfStuffing(verdict, attempt);
  }

  #tellOfStuffing({ stuffing }: Pick<LoginVerdict, 'stuffing'>, attempt: LoginAttempt): void {
    if (stuffing === undefined) return;
    const subject = subjectOf(attempt);
    const timeMs = this.clock.now();
    this.events.emit({ kind: 'credential_stuffing', timeMs, level: 'alert', subject, accounts: stuffing });
  }

  #refuse(obstacle: LoginObstacle, retryAfterMs: number, attempt: LoginAttempt): SecurityError {
    const code = isOpenToChallenge(obstacle) && this.settings.challenge ? 'challenge_required' : 'rate_limited';
    const reason = `login_delayed: ${obstacle}`;
    const kind = code === 'rate_limited' ? 'rate_limited' : 'access_refused';
    const [timeMs, subject] = [this.clock.now(), subjectOf(attempt)];
    this.events.emit({ kind, timeMs, level: 'warning', subject, stage: 'login', code, reason });
    const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
    return new SecurityError(code, { reason, headers: { 'Retry-After': seconds }, recorded: true });
  }
}

function isOpenToChallenge(obstacle: LoginObstacle): boolean {
  return obstacle === 'account_under_attack' || obstacle === 'credential_stuffing';
}

function subjectOf({ from, address }: LoginAttempt): EventSubject {
  return from ?? { address };
}

/** One digest for every spelling that some database takes for the same name. */
function digestOf(account: string): string {
  const name = account.normalize('NFKC').trim().toLowerCase();
  return createHash('sha256').update(name).digest('base64url').slice(0, 22);
}
