/** Was this token, its session or everything of its subject revoked? Asked of every token, remembered ones included. */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';
import { StoreUnavailableError } from '../../core/store-unavailable.js';
import { REMEMBERED_FOR_S } from '../issuers/issuers.options.js';
import { stampedMs, stampOf, type IssueStamp } from '../jwt/issue-stamp.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import type { TokenKey } from '../jwt/token-key.js';
import { refuseToken } from '../jwt/token-refusal.js';
import { REVOCATION_STORE, type Denial, type RevocationStore, type TokenMarks } from './revocation.store.js';

/** The most by which a tenant's clock may differ, whatever its options will say. */
const WIDEST_TOLERANCE_S = 300;

/** How long a login may take from its first proof on, a second factor of fifteen minutes included. */
const SLOWEST_LOGIN_MS = 1_200_000;

@Injectable()
export class Revocations {
  readonly #marks = new WeakMap<Principal, TokenMarks>();
  /** After this no token that exists now is good any more, whatever the clocks of issuer and verifier say. */
  #longestMs: number;
  readonly #toleranceMs: number;

  constructor(
    @Inject(REVOCATION_STORE) private readonly store: RevocationStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(JWT_SETTINGS) private readonly jwt: JwtSettings,
  ) {
    const { clockTolerance, maxTokenAge = 0 } = jwt.rules.claims;
    this.#toleranceMs = Math.max(clockTolerance * 1000, ...tolerancesMs(jwt));
    this.#longestMs = this.#msFor(Math.max(jwt.accessTokenTtl, maxTokenAge));
    this.expectTokensOf(jwt.fixedKeys);
    for (const { rules } of jwt.issuers) this.#expectTokensFor(rules.claims.maxTokenAge);
    // Tenants come later: none of them is let go beyond this.
    if (jwt.issuerFor !== undefined) this.#expectTokensFor(REMEMBERED_FOR_S);
    if (jwt.introspection !== undefined) this.#expectTokensFor(jwt.introspection.maxTokenAgeMs / 1000);
  }

  /** Whoever has another key than ours decides how long the tokens live that it signs. */
  expectTokensOf(keys: readonly TokenKey[]): void {
    const { signing, rules } = this.jwt;
    const isOurs = ({ keyObject }: TokenKey) => signing !== undefined && keyObject.equals(signing.key.keyObject);
    if (keys.every(isOurs)) return;
    this.#expectTokensFor(rules.claims.maxTokenAge);
  }

  #expectTokensFor(seconds = REMEMBERED_FOR_S): void {
    this.#longestMs = Math.max(this.#longestMs, this.#msFor(seconds));
  }

  /**
   * The principal, unless it was revoked: at once where the store answers at once.
   *
   * @throws SecurityError `invalid_token`; `unavailable` where nobody can say.
   */
  admit(principal: Principal): Principal | Promise<Principal> {
    const denied = this.isDenied(principal);
    if (typeof denied === 'boolean') return unlessDenied(principal, denied);
    return denied.then((answer) => unlessDenied(principal, answer));
  }

  isDenied(principal: Principal): boolean | Promise<boolean> {
    return this.#ask(this.#marksOf(principal));
  }

  /** Was everything of the subject revoked after this moment? Yes, too, for one so long past that nobody would know. */
  isOvertaken(subjectId: string, stamp: IssueStamp): boolean | Promise<boolean> {
    const isRecent = stampedMs(stamp) >= this.clock.now() - SLOWEST_LOGIN_MS;
    return !isRecent || this.#ask({ tokenId: undefined, sessionId: undefined, subjectId, stamp });
  }

  #ask(marks: TokenMarks): boolean | Promise<boolean> {
    try {
      const denied = this.store.isDenied(marks, this.clock.now());
      return typeof denied === 'boolean' ? denied : denied.catch(refuseUnasked);
    } catch (error) {
      return refuseUnasked(error);
    }
  }

  /** @param until When the token expires, in milliseconds since the epoch. Default: when the longest-lived does. */
  denyToken(id: string, until?: number): Promise<void> {
    const untilMs = until === undefined ? this.#latest() : until + this.#toleranceMs;
    return this.#deny([{ kind: 'token', id, untilMs }]);
  }

  denySessions(ids: readonly string[]): Promise<void> {
    return this.#deny(ids.map((id) => ({ kind: 'session', id, untilMs: this.#latest() })));
  }

  denySubject(id: string, before: IssueStamp, exceptSession?: string): Promise<void> {
    const exception = exceptSession === undefined ? {} : { exceptSession };
    // Logins that began before it must find it, however soon their tokens would have expired.
    const untilMs = Math.max(this.#latest(), this.clock.now() + SLOWEST_LOGIN_MS);
    return this.#deny([{ kind: 'subject', id, before, ...exception, untilMs }]);
  }

  async #deny(denials: readonly Denial[]): Promise<void> {
    if (denials.length === 0) return;
    try {
      await this.store.deny(denials, this.clock.now());
    } catch (error) {
      throw unavailable(error);
    }
  }

  #msFor(ttl: number): number {
    return ttl * 1000 + 2 * this.#toleranceMs;
  }

  #latest(): number {
    return this.clock.now() + this.#longestMs;
  }

  #marksOf(principal: Principal): TokenMarks {
    let marks = this.#marks.get(principal);
    if (marks === undefined) {
      const { id, credentialId, sessionId, claims } = principal;
      marks = { tokenId: credentialId, sessionId, subjectId: id, stamp: stampOf(credentialId, claims.iat) };
      this.#marks.set(principal, marks);
    }
    return marks;
  }
}

/** A token is good for this much longer than it says, where somebody else made it. */
function tolerancesMs({ issuers, issuerFor, introspection }: JwtSettings): readonly number[] {
  return [
    ...issuers.map(({ rules }) => rules.claims.clockTolerance * 1000),
    issuerFor === undefined ? 0 : WIDEST_TOLERANCE_S * 1000,
    introspection?.toleranceMs ?? 0,
  ];
}

function unlessDenied(principal: Principal, denied: boolean): Principal {
  if (denied) throw refuseToken('token_revoked');
  return principal;
}

/** Closed: a token that was stolen must not become good again because the list of stolen ones is out of reach. */
function refuseUnasked(error: unknown): never {
  throw unavailable(error);
}

function unavailable(cause: unknown): SecurityError {
  if (cause instanceof StoreUnavailableError) return cause;
  return new SecurityError('unavailable', { reason: 'revocations_unreachable', cause });
}
