/** Opens, continues and ends sessions: what the stores decide, with tokens made before and refusals made after. */

import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { providerOf } from '../../core/provider-lookup.js';
import { appClaims } from '../jwt/access-token.signer.js';
import { refuseToken } from '../jwt/token-refusal.js';
import type { TokenSubject } from '../jwt/token-subject.js';
import { newRefreshToken, type RefreshToken } from './refresh-token.js';
import { SESSION_STORE, type SessionStore, type StoredSession } from './session.store.js';
import type { SessionUsers } from './session-users.js';
import { SESSIONS_SETTINGS, type SessionsSettings } from './sessions.options.js';
import { openSuccessor, sealSuccessor } from './successor-seal.js';

/** A spent refresh token was presented, and its session is gone. */
export interface Reuse {
  readonly subjectId: string;
}

export interface OpenedSession {
  readonly session: StoredSession;
  readonly refreshToken: string;
  /** The sessions that had to make room. */
  readonly displaced: readonly string[];
}

@Injectable()
export class SessionKeeper implements OnModuleInit {
  #users: SessionUsers | undefined;

  constructor(
    @Inject(SESSIONS_SETTINGS) private readonly settings: SessionsSettings,
    @Inject(SESSION_STORE) readonly store: SessionStore,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
  ) {}

  get isOn(): boolean {
    return this.settings.enabled;
  }

  get users(): SessionUsers | undefined {
    return this.#users;
  }

  onModuleInit(): void {
    const { users } = this.settings;
    if (users !== undefined) this.#users = providerOf(this.modules, users, 'security.sessions.users');
  }

  /** A login: the session, and the first of its refresh tokens. */
  async open(subject: TokenSubject, device: string | undefined, nowMs: number): Promise<OpenedSession> {
    const token = newRefreshToken();
    const { absoluteMs, idleMs, maxPerUser } = this.settings;
    const session: StoredSession = {
      id: token.sessionId,
      subjectId: subject.id,
      subject: keptOf(subject, this.settings.users !== undefined, nowMs),
      ...(device !== undefined && { device }),
      createdAtMs: nowMs,
      lastUsedAtMs: nowMs,
      expiresAtMs: nowMs + idleMs,
      absoluteExpiresAtMs: nowMs + absoluteMs,
      currentDigest: token.digest,
    };
    const displaced = await this.store.open(session, maxPerUser, nowMs);
    return { session, refreshToken: token.text, displaced };
  }

  /**
   * Whom the session's tokens are for, now. Undefined: the user is gone.
   *
   * @throws TypeError when the app answers somebody else.
   */
  async subjectOf({ id, subjectId, subject }: StoredSession): Promise<TokenSubject | undefined> {
    const { authTimeMs, amr, acr } = subject;
    const current = this.#users === undefined ? subject : await this.#users.subjectOf(subjectId);
    if (current === undefined) return undefined;
    if (current.id !== subjectId) {
      throw new TypeError('security.sessions.users: subjectOf() answered another user than it was asked for.');
    }
    // How the login was done is the session's to say: a refresh proves nothing anew.
    return { ...current, sessionId: id, authTimeMs, amr, acr };
  }

  /**
   * Spends a refresh token. Of any number of calls made at once with the same one, all get the same successor.
   *
   * @returns the successor, or that the token had been spent before.
   * @throws SecurityError `invalid_token`
   */
  async claim(presented: RefreshToken, fingerprint: string, nowMs: number): Promise<RefreshToken | Reuse> {
    const next = presented.next();
    const { graceMs, idleMs } = this.settings;
    const answer = await this.store.rotate({
      sessionId: presented.sessionId,
      presentedDigest: presented.digest,
      nextDigest: next.digest,
      sealedNext: sealSuccessor(presented, next),
      fingerprint,
      nowMs,
      graceMs,
      idleMs,
    });
    switch (answer.outcome) {
      case 'rotated':
        return next;
      case 'repeated': {
        const successor = openSuccessor(presented, answer.sealedNext);
        if (successor === undefined) throw new TypeError('SessionStore.rotate: answered a seal of another token.');
        return successor;
      }
      case 'reused':
        return { subjectId: answer.subjectId };
      case 'expired':
        throw refuseToken('refresh_token_expired');
      case 'unknown':
        throw refuseToken('refresh_token_unknown');
      default:
        return answer satisfies never;
    }
  }
}

/** What a session remembers of its login. With `users` everything else is asked anew. As JSON, so that any store can keep it. */
function keptOf(subject: TokenSubject, asksAnew: boolean, nowMs: number): TokenSubject {
  const { id, authTimeMs = nowMs, amr, acr, roles, scopes, tier, claims } = subject;
  const login = { id, authTimeMs, amr, acr };
  const whole = asksAnew ? login : { ...login, roles, scopes, tier, claims: claims && appClaims(claims) };
  return JSON.parse(JSON.stringify(whole)) as TokenSubject;
}
