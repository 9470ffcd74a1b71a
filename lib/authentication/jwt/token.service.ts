/** Issues access tokens, keeps logins alive with refresh tokens, and ends both. */

import { Inject, Injectable } from '@nestjs/common';
import { callOf } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import type { Principal } from '../../core/principal.js';
import { fingerprint } from '../../core/secrets.js';
import type { HttpRequest } from '../../core/transport.js';
import { readRefreshToken, type RefreshToken } from '../sessions/refresh-token.js';
import { Revocations } from '../sessions/revocations.js';
import type { StoredSession } from '../sessions/session.store.js';
import { SessionEndings, subjectOf } from '../sessions/session-endings.js';
import { SessionKeeper } from '../sessions/session-keeper.js';
import { AccessTokenSigner, type SignedToken } from './access-token.signer.js';
import type { IssuedToken, IssueOptions, RefreshOptions, SessionInfo } from './issued-token.js';
import type { IssueStamp } from './issue-stamp.js';
import { refuseToken } from './token-refusal.js';
import type { TokenSubject } from './token-subject.js';

const MAX_DEVICE_LENGTH = 200;

@Injectable()
export class TokenService {
  constructor(
    @Inject(AccessTokenSigner) private readonly signer: AccessTokenSigner,
    @Inject(SessionKeeper) private readonly keeper: SessionKeeper,
    @Inject(SessionEndings) private readonly endings: SessionEndings,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** This moment, in the order of what is issued and revoked: the `provedAt` of the login that begins now. */
  stamp(): IssueStamp {
    return this.signer.stampNow(this.clock.now());
  }

  /**
   * Signs an access token (RFC 9068: `typ` at+jwt, with `jti`). A login: opens a session too, with a refresh token. For a
   * subject with a `sessionId`, a `Principal` say, it is one more access token of that session.
   *
   * @throws TypeError when only verification keys are configured, the id is empty, the claims make a token that this app
   * would refuse, or a session is wanted and `security.sessions` is not configured.
   * @throws SecurityError `unauthenticated` where all of the subject was revoked after its `provedAt`, or that is over twenty
   * minutes ago.
   */
  async issue(subject: TokenSubject, options: IssueOptions = {}): Promise<IssuedToken> {
    const nowMs = this.clock.now();
    const wantsSession = options.session ?? (this.keeper.isOn && subject.sessionId === undefined);
    // Before the session, for which another one may have to make room, and after it: in between it could be overtaken.
    await this.#checkInTime(subject, options);
    if (!wantsSession) {
      const signed = await this.signer.sign(subject, nowMs);
      return this.#issued(subject, signed, nowMs);
    }
    this.#checkOn('issue');
    const { request, device = request?.headers['user-agent'] } = options;
    const opened = await this.keeper.open(subject, device?.slice(0, MAX_DEVICE_LENGTH), nowMs);
    const { id, subject: login } = opened.session;
    await this.endings.ended(opened.displaced, 'displaced', { request, subjectId: subject.id });
    const signed = await this.signer.sign({ ...subject, sessionId: id, authTimeMs: login.authTimeMs }, nowMs);
    await this.#checkInTime(subject, options, id);
    return this.#issued(subject, signed, nowMs, { sessionId: id, refreshToken: opened.refreshToken }, request);
  }

  /**
   * The next pair of tokens. A refresh token is good once; repeated by the same client within the grace it gets the same
   * successor, so that an answer that was lost costs nobody the session. Presented again later or from elsewhere, two
   * parties have it: the session ends with all its tokens.
   *
   * @throws SecurityError `invalid_token`: the same to the client for every cause.
   */
  async refresh(refreshToken: string, options: RefreshOptions = {}): Promise<IssuedToken> {
    this.#checkOn('refresh');
    try {
      return await this.#refresh(refreshToken, options);
    } catch (error) {
      if (error instanceof SecurityError && error.code === 'invalid_token') {
        const { code, reason } = error;
        const base = { timeMs: this.clock.now(), subject: subjectOf({ request: options.request }) };
        this.events.emit({ ...base, kind: 'credential_refused', level: 'warning', stage: 'sessions', code, reason });
        error.recorded = true;
      }
      throw error;
    }
  }

  /**
   * Logs out. A principal's session and the very token it came with are refused from now on; so is a session by its id or
   * by any of its refresh tokens. What is not known is left alone, as RFC 7009 §2.2 has it.
   *
   * @throws TypeError for a principal with neither session nor token id: there is nothing to know it by.
   */
  async revoke(target: string | Principal, request?: HttpRequest): Promise<void> {
    if (typeof target === 'string') {
      if (target.startsWith('bwr_')) return this.endings.endIfThere(readRefreshToken(target)?.sessionId, { request });
      return this.endings.end(target, 'revoked', { request });
    }
    const { id, sessionId, credentialId, expiresAtMs } = target;
    if (sessionId === undefined && credentialId === undefined) {
      throw new TypeError('TokenService.revoke: the principal has neither `sessionId` nor `credentialId`.');
    }
    if (credentialId !== undefined) await this.revocations.denyToken(credentialId, expiresAtMs);
    if (sessionId !== undefined) await this.endings.end(sessionId, 'revoked', { request, subjectId: id });
  }

  /**
   * Logs a user out everywhere, or everywhere else: every session ends, and every access token issued up to now is refused.
   * A login right after it is good.
   *
   * @param options.except The id of the session that stays.
   */
  async revokeAll(subjectId: string, options: { readonly except?: string } = {}, request?: HttpRequest): Promise<void> {
    const nowMs = this.clock.now();
    const stamp = this.signer.stampNow(nowMs);
    // The denial first: a login that opens its session after the others were removed finds it.
    await this.revocations.denySubject(subjectId, stamp, options.except);
    const gone = await this.keeper.store.removeAll(subjectId, options.except, nowMs);
    await this.endings.ended(gone, 'revoked_all', { request, subjectId });
  }

  /** The logins of a user that are alive, the last used first. */
  async sessions(subjectId: string): Promise<readonly SessionInfo[]> {
    const sessions = await this.keeper.store.list(subjectId, this.clock.now());
    return sessions.map(({ id, device, createdAtMs, lastUsedAtMs, expiresAtMs }) => ({
      id,
      ...(device !== undefined && { device }),
      createdAtMs,
      lastUsedAtMs,
      expiresAtMs,
    }));
  }

  async #refresh(text: string, { request, ...options }: RefreshOptions): Promise<IssuedToken> {
    // Tokens are dated when the claim began: none can outlive a revocation that came after the claim.
    const nowMs = this.clock.now();
    const presented = readRefreshToken(text);
    if (presented === undefined) throw refuseToken('refresh_token_malformed');
    const session = await this.keeper.store.find(presented.sessionId, nowMs);
    // All that can fail is done before the claim: users out of reach must not cost anybody the session.
    const ready = session && isHeld(session, presented) ? await this.#prepare(session, nowMs, request) : undefined;
    const client = options.fingerprint ?? fingerprintOf(request);
    const successor = await this.keeper.claim(presented, client, nowMs);
    if ('subjectId' in successor) {
      await this.endings.afterReuse(presented.sessionId, { request, subjectId: successor.subjectId });
      throw refuseToken('refresh_token_reused');
    }
    // Only where a store answered one question from an older copy than the other.
    if (ready === undefined) throw new SecurityError('unavailable', { reason: 'session_store_inconsistent' });
    const { sessionId } = presented;
    return this.#issued(ready.subject, ready.signed, nowMs, { sessionId, refreshToken: successor.text }, request);
  }

  async #prepare(
    session: StoredSession,
    nowMs: number,
    request: HttpRequest | undefined,
  ): Promise<{ subject: TokenSubject; signed: SignedToken }> {
    const subject = await this.keeper.subjectOf(session);
    if (subject !== undefined) return { subject, signed: await this.signer.sign(subject, nowMs) };
    await this.endings.end(session.id, 'user_gone', { request, subjectId: session.subjectId });
    throw refuseToken('user_gone');
  }

  /** A right password that was changed while it was looked at must not outlive the change. */
  async #checkInTime({ id, provedAt }: TokenSubject, { request }: IssueOptions, opened?: string): Promise<void> {
    if (provedAt === undefined || !(await this.revocations.isOvertaken(id, provedAt))) return;
    const by = { request, subjectId: id };
    if (opened !== undefined) await this.endings.end(opened, 'revoked_all', by);
    const [code, reason, timeMs] = ['unauthenticated', 'login_overtaken', this.clock.now()] as const;
    const base = { timeMs, level: 'warning', subject: subjectOf(by) } as const;
    this.events.emit({ ...base, kind: 'credential_refused', stage: 'sessions', code, reason });
    throw new SecurityError(code, { reason, headers: { 'WWW-Authenticate': 'Bearer' }, recorded: true });
  }

  #issued(
    { id }: TokenSubject,
    { accessToken, credentialId, expiresAtMs }: SignedToken,
    nowMs: number,
    session: { sessionId?: string; refreshToken?: string } = {},
    request?: HttpRequest,
  ): IssuedToken {
    const timeMs = this.clock.now();
    const subject = subjectOf({ request, subjectId: id });
    this.events.emit({ kind: 'token_issued', timeMs, level: 'info', subject, credentialId });
    const expiresIn = this.signer.lifetime - Math.max(0, Math.floor((timeMs - nowMs) / 1000));
    return { accessToken, tokenType: 'Bearer', expiresIn, expiresAtMs, ...session };
  }

  #checkOn(method: string): void {
    if (this.keeper.isOn) return;
    throw new TypeError(`TokenService.${method}: there are no sessions. Set \`security.sessions\`, e.g. to {}.`);
  }
}

function isHeld({ currentDigest, previous }: StoredSession, { digest }: RefreshToken): boolean {
  return digest === currentDigest || digest === previous?.digest;
}

/** One answer for requests from one address with one `User-Agent`. Empty where nobody knows the request. */
function fingerprintOf(request: HttpRequest | undefined): string {
  const call = request && callOf(request);
  return call === undefined ? '' : fingerprint(`${call.address}\n${call.header('user-agent') ?? ''}`);
}
