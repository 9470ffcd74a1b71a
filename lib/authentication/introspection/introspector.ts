/** What does the provider say of this opaque token (RFC 7662)? Asked once for however many calls, and not for a minute again. */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { OUTBOUND_FETCH, type OutboundFetch } from '../../core/outbound-fetch.js';
import { fetchJson, ProviderFault } from '../issuers/remote-json.js';
import { UnknownNames } from '../issuers/unknown-names.js';
import type { VerifiedClaims } from '../jwt/access-claims.js';
import { MAX_TOKEN_LENGTH } from '../jwt/compact-jws.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import { digestOf, type TokenDigest } from '../jwt/remembered-tokens.js';
import type { JsonObject } from '../jwt/strict-json.js';
import { refuseToken } from '../jwt/token-refusal.js';
import { FirstSights } from './first-sights.js';
import { judgeIntrospection } from './introspected-claims.js';
import type { IntrospectionSettings } from './introspection.options.js';
import { ProviderPauses, type FaultReach } from './provider-pauses.js';

/** Questions about strangers that are out at once. More tokens than that are made up by somebody; those known here do not wait for them. */
const MOST_AT_ONCE = 64;

/** The provider has read this token and will not look it up: its form is wrong, or it is too long. It says nothing of others. */
const REFUSES_THIS_TOKEN = new Set<number | undefined>([400, 413, 414, 422]);

@Injectable()
export class Introspector {
  readonly #settings: IntrospectionSettings | undefined;
  readonly #fetcher: typeof fetch | undefined;
  readonly #asking = new Map<TokenDigest, Promise<VerifiedClaims>>();
  readonly #refused: UnknownNames;
  readonly #firstSights = new FirstSights();
  readonly #pauses = new ProviderPauses();
  #strangers = 0;

  constructor(
    @Inject(JWT_SETTINGS) { introspection }: Pick<JwtSettings, 'introspection'>,
    @Inject(OUTBOUND_FETCH) fetchFor: OutboundFetch,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
  ) {
    this.#settings = introspection;
    this.#fetcher = introspection && fetchFor([introspection.endpoint.hostname], introspection.reach);
    this.#refused = new UnknownNames(introspection?.cacheForMs ?? 0);
  }

  /** Is this a token to ask about? What has the form of a JWT says itself what it is, and is judged by that. */
  takes(token: unknown): token is string {
    if (this.#settings === undefined || typeof token !== 'string') return false;
    return token !== '' && token.length <= MAX_TOKEN_LENGTH && !looksLikeJwt(token);
  }

  /** @throws SecurityError `invalid_token`; `unavailable` where nobody can say. */
  judge(token: string): Promise<VerifiedClaims> {
    const digest = digestOf(token);
    const asking = this.#asking.get(digest);
    if (asking !== undefined) return asking;
    const started = this.#judge(token, digest).finally(() => this.#asking.delete(digest));
    this.#asking.set(digest, started);
    return started;
  }

  async #judge(token: string, digest: TokenDigest): Promise<VerifiedClaims> {
    const nowMs = this.clock.now();
    if (this.#refused.has(digest, nowMs)) throw refuseToken('token_inactive');
    const isKnown = this.#firstSights.has(digest);
    if (!isKnown && this.#strangers >= MOST_AT_ONCE) throw unavailable('too_many_introspections');
    if (!this.#pauses.isOver(digest, isKnown, nowMs)) throw unavailable('introspection_unreachable');
    const answer = await this.#askCounted(token, digest, isKnown);
    const seen = { id: `token:${digest}`, sinceMs: () => this.#firstSights.of(digest, nowMs) };
    try {
      const verified = judgeIntrospection(answer, this.#settings!, nowMs, seen);
      this.#firstSights.of(digest, nowMs);
      return verified;
    } catch (error) {
      if (!(error instanceof SecurityError)) throw unavailable('introspection_unreadable', error);
      if (error.reason === 'token_inactive') this.#refused.add(digest, nowMs);
      throw error;
    }
  }

  async #askCounted(token: string, digest: TokenDigest, isKnown: boolean): Promise<JsonObject> {
    const stranger = isKnown ? 0 : 1;
    this.#strangers += stranger;
    try {
      const answer = await this.#ask(token, digest, isKnown);
      this.#pauses.answered();
      return answer;
    } finally {
      this.#strangers -= stranger;
    }
  }

  async #ask(token: string, digest: TokenDigest, isKnown: boolean): Promise<JsonObject> {
    const { endpoint, clientId, clientSecret, clientAuth } = this.#settings!;
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' });
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (clientAuth === 'basic') headers.authorization = basic(clientId, clientSecret);
    else {
      body.set('client_id', clientId);
      body.set('client_secret', clientSecret);
    }
    try {
      return await fetchJson(this.#fetcher!, endpoint, { method: 'POST', headers, body: body.toString() });
    } catch (cause) {
      const status = cause instanceof ProviderFault ? cause.status : undefined;
      if (REFUSES_THIS_TOKEN.has(status)) {
        this.#refused.add(digest, this.clock.now());
        throw refuseToken('token_not_introspected');
      }
      const reach = reachOf(status);
      if (reach !== undefined) this.#pauses.failed(digest, isKnown, reach, this.clock.now());
      this.#report(cause instanceof ProviderFault ? cause.message : 'no answer');
      // Whoever sends what the provider chokes on, again and again, is charged for it.
      throw unavailable('introspection_unreachable', cause, !isKnown && reach === 'one');
    }
  }

  #report(reason: string): void {
    this.events.emit({
      kind: 'upstream_failed',
      timeMs: this.clock.now(),
      level: 'warning',
      subject: {},
      upstream: this.#settings!.endpoint.host,
      code: 'bad_gateway',
      reason,
      attempts: 1,
    });
  }
}

/** Whom a failure concerns. No status, or 200: no answer that can be read. Undefined: it is well, and this was no question for it. */
function reachOf(status: number | undefined): FaultReach | undefined {
  if (status === undefined || status === 200 || [401, 403, 429].includes(status)) return 'all';
  return status >= 500 ? 'one' : undefined;
}

/** Closed: a token that nobody can vouch for is not good. */
function unavailable(reason: string, cause?: unknown, suspect = false): SecurityError {
  return new SecurityError('unavailable', { reason, cause, suspect, headers: { 'Retry-After': '1' } });
}

/** Three parts, the first of which begins as a JSON object does. Broken ones are refused as JWTs, and nobody is asked. */
function looksLikeJwt(token: string): boolean {
  return token.startsWith('eyJ') && token.split('.', 4).length === 3;
}

/** RFC 6749 §2.3.1: both are form-encoded first, so that a colon in the name does not end it. */
function basic(id: string, secret: string): string {
  const encoded = [id, secret].map((text) => new URLSearchParams({ x: text }).toString().slice(2)).join(':');
  return `Basic ${Buffer.from(encoded).toString('base64')}`;
}
