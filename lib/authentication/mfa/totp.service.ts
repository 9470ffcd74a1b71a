/** Gives people a second factor, and checks it: six digits from an app, or a recovery code. */

import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SLOWS_GUESSING } from '../../core/guessing.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents, type EventSubject, type SecondFactorChanged } from '../../core/events.js';
import { enrolmentOf, type Enrolment } from './enrolment.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa.options.js';
import { MFA_STORE, type MfaStore, type StoredAuthenticator } from './mfa.store.js';
import { createRecoveryCodes, isRecoveryCode, recoveryDigest } from './recovery-codes.js';
import type { SecretBox } from './secret-box.js';
import { matchingStep } from './totp.js';

export interface EnrolOptions {
  /** What the person knows their account by: shown in the app. Default: the user's id. */
  readonly account?: string;
  /** Replaces a second factor that is in force, once the new one is confirmed. Default false. */
  readonly replace?: boolean;
}

/** RFC 4226 §4 R6 recommends 160 bits. */
const SECRET_BYTES = 20;
/** How long an enrolment waits for its first code. */
const ENROLMENT_TTL_MS = 600_000;

@Injectable()
export class TotpService {
  readonly [SLOWS_GUESSING] = true;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    @Inject(MFA_STORE) private readonly store: MfaStore,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Does this user have a second factor in force? Then a password alone is not enough. */
  async isEnrolled(userId: string): Promise<boolean> {
    return (await this.store.find(userId)) !== undefined;
  }

  /**
   * A new secret, to be shown once. It counts from `confirm()` on, within ten minutes; until then whatever was in force
   * stays so.
   *
   * @throws SecurityError `forbidden` where one is in force and `replace` is not said: who took over a session must not
   * take over the second factor as well. Say it after a step-up only.
   * @throws SecurityError `unavailable` in production without `encryptionKeys`.
   */
  async enroll(userId: string, { account = userId, replace = false }: EnrolOptions = {}): Promise<Enrolment> {
    const box = this.#box();
    const inForce = await this.store.find(userId);
    if (!replace && inForce !== undefined) {
      throw new SecurityError('forbidden', { reason: 'second_factor_in_force' });
    }
    const secret = randomBytes(SECRET_BYTES);
    await this.store.setPending(userId, {
      id: randomUUID(),
      sealed: box.seal(userId, secret),
      replaces: inForce?.id ?? null,
      expiresAtMs: this.clock.now() + ENROLMENT_TTL_MS,
    });
    return enrolmentOf(secret, this.settings.issuer, account);
  }

  /**
   * Puts the enrolment in force, on a code that proves the app has the secret. Where one is in force already, ask for the
   * same step-up as before `enroll()`: another session of the user may have begun it.
   *
   * @param from Who and where, for the event: `callOf(request)?.subject()`.
   * @returns ten recovery codes, to be shown once. Earlier ones are void.
   * @throws SecurityError `invalid_input` for what is no code, `unauthenticated` for a wrong one, or where no
   * enrolment waits, it has expired, or another came into force meanwhile; `rate_limited` after too many wrong ones.
   */
  async confirm(userId: string, code: string, from: EventSubject = {}): Promise<readonly string[]> {
    checkTotpShape(code);
    const pending = await this.store.pending(userId);
    const nowMs = this.clock.now();
    if (pending === undefined || nowMs >= pending.expiresAtMs) throw noEnrolment();
    await this.#countAttempt(userId, from);
    const { secret } = this.#box().open(userId, pending.sealed);
    const step = matchingStep(secret, code, nowMs);
    if (step === undefined) throw this.#refuse(userId, 'otp_wrong', from);
    const codes = createRecoveryCodes();
    const digests = codes.map((each) => recoveryDigest(userId, each));
    if (!(await this.store.confirm(userId, pending.id, step, digests, nowMs))) throw noEnrolment();
    await this.store.clearAttempts(userId);
    this.#tell('enrolled', userId, from);
    return codes;
  }

  /**
   * Is it the code of the moment, or of the step before or after, and has none of that step or a later one been used?
   *
   * @param from Who and where, for the event of a no: `callOf(request)?.subject()`.
   * @throws SecurityError `invalid_input` for what is no code, `rate_limited` after too many wrong ones.
   */
  async verify(userId: string, code: string, from: EventSubject = {}): Promise<boolean> {
    checkTotpShape(code);
    const authenticator = await this.store.find(userId);
    if (authenticator === undefined) return this.#no(userId, 'not_enrolled', from);
    await this.#countAttempt(userId, from);
    const { secret, isStale } = this.#box().open(userId, authenticator.sealed);
    const step = matchingStep(secret, code, this.clock.now());
    if (step === undefined) return this.#no(userId, 'otp_wrong', from);
    // RFC 6238 §5.2: a code that was accepted must not be accepted again.
    if (!(await this.store.claimStep(userId, authenticator.id, step))) return this.#no(userId, 'otp_replayed', from);
    if (isStale) await this.#reseal(userId, authenticator, secret);
    await this.store.clearAttempts(userId);
    return true;
  }

  /**
   * Uses up a recovery code, in any case, with or without dashes. Wrong ones are not counted: nobody guesses 120 bits, and
   * who guesses six digits must not keep the owner's recovery codes out.
   *
   * @throws SecurityError `invalid_input` for what is no code.
   */
  async verifyRecoveryCode(userId: string, code: string, from: EventSubject = {}): Promise<boolean> {
    if (typeof code !== 'string' || !isRecoveryCode(code)) throw malformed('recovery_code_malformed');
    if (!(await this.isEnrolled(userId))) return this.#no(userId, 'not_enrolled', from);
    if (!(await this.store.claimRecoveryCode(userId, recoveryDigest(userId, code)))) {
      return this.#no(userId, 'recovery_code_wrong', from);
    }
    await this.store.clearAttempts(userId);
    this.#tell('recovery_code_used', userId, from);
    return true;
  }

  /**
   * Ten new recovery codes in place of the earlier ones, to be shown once. Ask for a step-up first.
   *
   * @throws SecurityError `forbidden` where the user has no second factor in force.
   */
  async recoveryCodes(userId: string): Promise<readonly string[]> {
    const codes = createRecoveryCodes();
    const digests = codes.map((each) => recoveryDigest(userId, each));
    if (!(await this.store.setRecoveryCodes(userId, digests))) {
      throw new SecurityError('forbidden', { reason: 'not_enrolled' });
    }
    this.#tell('recovery_codes_replaced', userId, {});
    return codes;
  }

  /** Takes the second factor away. Ask for a step-up first, or for whoever helps people that lost everything. */
  async remove(userId: string): Promise<void> {
    const wasEnrolled = await this.isEnrolled(userId);
    await this.store.remove(userId);
    if (wasEnrolled) this.#tell('removed', userId, {});
  }

  #box(): SecretBox {
    if (this.settings.box !== undefined) return this.settings.box;
    throw new SecurityError('unavailable', { reason: 'no_key: set security.mfa.encryptionKeys or BULWARK_MFA_KEY' });
  }

  /** Counted before it is judged: of a thousand guesses made at once no more are judged than of those made in a row. */
  async #countAttempt(userId: string, from: EventSubject): Promise<void> {
    const { allowed, retryAfterMs } = await this.store.countAttempt(
      userId,
      this.settings.attemptsPerUser,
      this.clock.now(),
    );
    if (allowed) return;
    const reason = 'second_factor_attempts_of_user';
    const refusal = tooMany(reason, retryAfterMs);
    const [timeMs, subject] = [this.clock.now(), subjectOf(userId, from)];
    this.events.emit({
      kind: 'rate_limited',
      timeMs,
      level: 'warning',
      subject,
      stage: 'mfa',
      code: refusal.code,
      reason,
    });
    refusal.recorded = true;
    throw refusal;
  }

  async #reseal(userId: string, { id }: StoredAuthenticator, secret: Uint8Array): Promise<void> {
    await this.store.reseal(userId, { id, sealed: this.#box().seal(userId, secret) });
  }

  #no(userId: string, reason: string, from: EventSubject): false {
    this.#refuse(userId, reason, from);
    return false;
  }

  #refuse(userId: string, reason: string, from: EventSubject): SecurityError {
    const refusal = new SecurityError('unauthenticated', { reason, recorded: true });
    const [timeMs, subject, code] = [this.clock.now(), subjectOf(userId, from), refusal.code];
    this.events.emit({ kind: 'credential_refused', timeMs, level: 'warning', subject, stage: 'mfa', code, reason });
    return refusal;
  }

  #tell(change: SecondFactorChanged['change'], userId: string, from: EventSubject): void {
    const [timeMs, subject] = [this.clock.now(), subjectOf(userId, from)];
    this.events.emit({ kind: 'second_factor_changed', timeMs, level: 'info', subject, change });
  }
}

function noEnrolment(): SecurityError {
  return new SecurityError('unauthenticated', { reason: 'no_pending_enrolment' });
}

/** `Retry-After` in whole seconds, at least 1 (RFC 9110 §10.2.3). */
export function tooMany(reason: string, retryAfterMs: number): SecurityError {
  const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return new SecurityError('rate_limited', { reason, headers: { 'Retry-After': seconds } });
}

export function malformed(reason: string): SecurityError {
  const errors = [{ detail: 'code must be six digits or a recovery code', pointer: '#/code' }];
  return new SecurityError('invalid_input', { reason, errors });
}

export function isTotpCode(code: string): boolean {
  return /^\d{6}$/.test(code);
}

function checkTotpShape(code: unknown): void {
  if (typeof code !== 'string' || !isTotpCode(code)) throw malformed('otp_malformed');
}

function subjectOf(userId: string, from: EventSubject): EventSubject {
  return { ...from, principal: { id: userId, scheme: 'otp' } };
}
