/** What stands between a right password and the tokens? A short-lived, single-use token that asks for the second factor. */

import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SLOWS_GUESSING } from '../../core/guessing.js';
import { SecurityError, type SecurityErrorCode } from '../../core/errors.js';
import { SecurityEvents, type EventSubject } from '../../core/events.js';
import type { TokenSubject } from '../jwt/token-subject.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa.options.js';
import { MFA_STORE, type MfaStore } from './mfa.store.js';
import { isRecoveryCode } from './recovery-codes.js';
import { isTotpCode, malformed, tooMany, TotpService } from './totp.service.js';

export interface StartedChallenge {
  /** To be sent back with the code. Opaque: it opens nothing else, and no access token passes for it. */
  readonly mfaToken: string;
  /** Seconds from now. */
  readonly expiresIn: number;
}

/** 256 random bits in base64url, after a prefix by which secret scanners know it. */
const TOKEN = /^mfa_[A-Za-z0-9_-]{43}$/;

@Injectable()
export class MfaChallenge {
  readonly [SLOWS_GUESSING] = true;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    @Inject(MFA_STORE) private readonly store: MfaStore,
    @Inject(TotpService) private readonly totp: TotpService,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Remembers that somebody passed the first factor.
   *
   * @param subject Whom the tokens will be for. `amr` is how the first factor was proved, `['pwd']` unless it says so.
   */
  async start(subject: TokenSubject): Promise<StartedChallenge> {
    const { attempts, challengeTtlMs } = this.settings;
    const mfaToken = `mfa_${randomBytes(32).toString('base64url')}`;
    await this.store.addChallenge(digestOf(mfaToken), {
      userId: subject.id,
      subject: JSON.stringify(subject),
      expiresAtMs: this.clock.now() + challengeTtlMs,
      attempts,
    });
    return { mfaToken, expiresIn: challengeTtlMs / 1000 };
  }

  /**
   * The subject of `start()`, stronger by the second factor: ready for `TokenService.issue()`. A TOTP or a recovery code
   * will do, and each login may try five.
   *
   * @param from Who and where, for the event of a refusal: `callOf(request)?.subject()`.
   * @throws SecurityError `invalid_input` for what is no code; `unauthenticated` for a token that is unknown, expired or
   * used, and for a wrong or used code; `rate_limited` when too many were tried.
   */
  async complete(mfaToken: string, code: string, from: EventSubject = {}): Promise<TokenSubject> {
    const isTotp = typeof code === 'string' && isTotpCode(code);
    if (!isTotp && !(typeof code === 'string' && isRecoveryCode(code))) throw malformed('code_malformed');
    if (typeof mfaToken !== 'string' || !TOKEN.test(mfaToken)) throw this.#refuse('mfa_token_malformed', from);

    const digest = digestOf(mfaToken);
    const nowMs = this.clock.now();
    const tried = await this.store.tryChallenge(digest, nowMs);
    if (tried === undefined) throw this.#refuse('mfa_token_unknown', from);
    const { userId, subject, expiresAtMs } = tried.challenge;
    if (tried.spent) {
      const refusal = tooMany('second_factor_attempts_of_login', expiresAtMs - nowMs);
      throw this.#record(refusal.code, refusal.reason, from, 'rate_limited', refusal);
    }
    const isRight = isTotp
      ? await this.totp.verify(userId, code, from)
      : await this.totp.verifyRecoveryCode(userId, code, from);
    // The service has recorded why.
    if (!isRight) throw new SecurityError('unauthenticated', { reason: 'second_factor_refused', recorded: true });
    if (!(await this.store.claimChallenge(digest, nowMs))) throw this.#refuse('mfa_token_used', from);
    const started = JSON.parse(subject) as TokenSubject;
    // A recovery code counts as a one-time password (RFC 8176 §2): it is one, made in advance.
    return { ...started, amr: [...new Set([...(started.amr ?? ['pwd']), 'otp'])], authTimeMs: nowMs };
  }

  #refuse(reason: string, from: EventSubject): SecurityError {
    return this.#record('unauthenticated', reason, from, 'credential_refused', undefined);
  }

  #record(
    code: SecurityErrorCode,
    reason: string,
    subject: EventSubject,
    kind: 'credential_refused' | 'rate_limited',
    refusal = new SecurityError(code, { reason }),
  ): SecurityError {
    this.events.emit({ kind, timeMs: this.clock.now(), level: 'warning', subject, stage: 'mfa', code, reason });
    refusal.recorded = true;
    return refusal;
  }
}

/** All that is kept of a token: who reads the store cannot use it. */
function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
