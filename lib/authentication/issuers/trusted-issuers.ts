/** Whose token is this, and do we trust them? By `iss`, compared exactly; tenants that come and go are asked for. */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents } from '../../core/events.js';
import { OUTBOUND_FETCH, type OutboundFetch } from '../../core/outbound-fetch.js';
import { splitCompactJws } from '../jwt/compact-jws.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import { readStrictJson } from '../jwt/strict-json.js';
import { refuseToken } from '../jwt/token-refusal.js';
import type { IssuerSettings } from './issuers.options.js';
import { RemoteIssuer } from './remote-issuer.js';
import { TenantIssuers } from './tenant-issuers.js';

@Injectable()
export class TrustedIssuers {
  readonly #listed: ReadonlyMap<string, RemoteIssuer>;
  readonly #tenants: TenantIssuers | undefined;

  constructor(
    @Inject(JWT_SETTINGS)
    private readonly settings: Pick<JwtSettings, 'issuers' | 'issuerFor' | 'idSpaces' | 'rules'>,
    @Inject(OUTBOUND_FETCH) private readonly fetchFor: OutboundFetch,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
  ) {
    const { issuers, issuerFor, idSpaces } = settings;
    const remote = (issuer: IssuerSettings, former?: RemoteIssuer) => this.#remote(issuer, former);
    this.#listed = new Map(issuers.map((issuer) => [issuer.issuer, remote(issuer)]));
    this.#tenants = issuerFor && new TenantIssuers({ issuerFor, idSpaces, remote }, clock);
  }

  get isEmpty(): boolean {
    return this.#listed.size === 0 && this.#tenants === undefined;
  }

  /**
   * The issuer that a token names. Undefined: it is for the app's own keys to judge. Nothing of it is proven yet.
   *
   * @param hasOwnKeys Whether there are any.
   * @throws SecurityError `invalid_token`; `unavailable` where the app cannot say.
   */
  async ofToken(token: string, hasOwnKeys: boolean): Promise<RemoteIssuer | undefined> {
    const { iss } = readStrictJson('claims', splitCompactJws(token).payload);
    // Nobody is asked who we are ourselves.
    if (hasOwnKeys && typeof iss === 'string' && this.settings.rules.claims.issuer?.includes(iss) === true)
      return undefined;
    const found = typeof iss === 'string' ? await this.find(iss) : undefined;
    if (found !== undefined || hasOwnKeys) return found;
    if (iss === undefined) throw refuseToken('issuer_missing');
    throw refuseToken(typeof iss === 'string' ? 'issuer_not_accepted' : 'issuer_not_a_string');
  }

  /**
   * The issuer of that name. Undefined: nobody that we trust. Nothing proves yet that the token is theirs.
   *
   * @throws SecurityError `unavailable` where the app cannot say.
   */
  find(iss: string): RemoteIssuer | undefined | Promise<RemoteIssuer | undefined> {
    return this.#listed.get(iss) ?? this.#tenants?.find(iss);
  }

  /** Is this still somebody we trust, as far as we know? False too where the app has to be asked first. */
  trusts(issuer: RemoteIssuer, nowMs: number): boolean {
    const name = issuer.settings.issuer!;
    return this.#listed.get(name) === issuer || this.#tenants?.trusts(name, issuer, nowMs) === true;
  }

  /** @param former Whose keys are taken over where they are found in the same way. */
  #remote(settings: IssuerSettings, former?: RemoteIssuer): RemoteIssuer {
    const upstream = new URL(settings.issuer).host;
    const failed = (reason: string) =>
      this.events.emit({
        kind: 'upstream_failed',
        timeMs: this.clock.now(),
        level: 'warning',
        subject: {},
        upstream,
        code: 'bad_gateway',
        reason,
        attempts: 1,
      });
    return new RemoteIssuer(settings, this.fetchFor, this.clock, failed, former);
  }
}
