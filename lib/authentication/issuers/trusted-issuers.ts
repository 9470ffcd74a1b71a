/** Whose token is this, and do we trust them? By `iss`, compared exactly; tenants that come and go are asked for. */

import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { OUTBOUND_FETCH, type OutboundFetch } from '../../core/outbound-fetch.js';
import { splitCompactJws } from '../jwt/compact-jws.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import { readStrictJson } from '../jwt/strict-json.js';
import { refuseToken } from '../jwt/token-refusal.js';
import { issuerSettings, type IssuerOptions, type IssuerSettings } from './issuers.options.js';
import { RemoteIssuer } from './remote-issuer.js';
import { readRemoteUrl } from './remote-url.js';
import { UnknownNames } from './unknown-names.js';

/** How long an answer of `issuerFor` holds: a tenant that left is trusted that long at most. */
const RESOLVED_FOR_MS = 60_000;

/** Tenants that are known at once. The one asked for longest ago makes room. */
const MOST_RESOLVED = 10_000;

/** Questions that are out at once. More names than that, all of them new, are made up by somebody. */
const MOST_AT_ONCE = 64;

interface Resolved {
  readonly issuer: RemoteIssuer;
  readonly options: IssuerOptions;
  readonly sinceMs: number;
}

@Injectable()
export class TrustedIssuers {
  readonly #listed: ReadonlyMap<string, RemoteIssuer>;
  readonly #resolved = new Map<string, Resolved>();
  readonly #asking = new Map<string, Promise<RemoteIssuer | undefined>>();
  readonly #unknown = new UnknownNames(RESOLVED_FOR_MS);

  constructor(
    @Inject(JWT_SETTINGS) private readonly settings: Pick<JwtSettings, 'issuers' | 'issuerFor' | 'rules'>,
    @Inject(OUTBOUND_FETCH) private readonly fetchFor: OutboundFetch,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
  ) {
    this.#listed = new Map(settings.issuers.map((issuer) => [issuer.issuer, this.#remote(issuer)]));
  }

  get isEmpty(): boolean {
    return this.#listed.size === 0 && this.settings.issuerFor === undefined;
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
    const listed = this.#listed.get(iss);
    if (listed !== undefined || this.settings.issuerFor === undefined) return listed;
    const nowMs = this.clock.now();
    const resolved = this.#resolved.get(iss);
    if (resolved !== undefined && isRecent(resolved, nowMs)) return resolved.issuer;
    // The app is not asked about what cannot be an issuer, nor twice about who is none.
    if (readRemoteUrl(iss, true) === undefined || iss.length > 512 || this.#unknown.has(iss, nowMs)) return undefined;
    let asking = this.#asking.get(iss);
    if (asking === undefined) {
      if (this.#asking.size >= MOST_AT_ONCE)
        throw new SecurityError('unavailable', { reason: 'too_many_issuers_asked' });
      asking = this.#ask(iss).finally(() => this.#asking.delete(iss));
      this.#asking.set(iss, asking);
    }
    return asking;
  }

  /** Is this still somebody we trust, as far as we know? False too where the app has to be asked first. */
  trusts(issuer: RemoteIssuer, nowMs: number): boolean {
    const name = issuer.settings.issuer!;
    if (this.#listed.get(name) === issuer) return true;
    const resolved = this.#resolved.get(name);
    if (resolved?.issuer !== issuer) return false;
    if (isRecent(resolved, nowMs)) return true;
    // Asked behind the caller's back, for whoever is not let through to ask.
    void this.#askAgain(name);
    return false;
  }

  async #askAgain(iss: string): Promise<void> {
    try {
      await this.find(iss);
    } catch {
      // Whoever needs the answer asks by itself, and gets this failure.
    }
  }

  async #ask(iss: string): Promise<RemoteIssuer | undefined> {
    const sinceMs = this.clock.now();
    let options: IssuerOptions | undefined;
    let settings: IssuerSettings | undefined;
    const former = this.#resolved.get(iss);
    try {
      options = await this.settings.issuerFor!(iss);
      const isNew = options !== undefined && !isDeepStrictEqual(options, former?.options);
      settings = isNew ? issuerSettings('security.jwt.issuerFor', options!) : undefined;
    } catch (cause) {
      throw new SecurityError('unavailable', { reason: 'issuer_resolver_failed', cause });
    }
    this.#resolved.delete(iss);
    // An answer about somebody else would let one tenant speak for another.
    if (options === undefined || options.issuer !== iss) {
      this.#unknown.add(iss, sinceMs);
      return undefined;
    }
    if (settings !== undefined && settings.idPrefix === undefined && !settings.sharesIds) {
      throw new SecurityError('unavailable', { reason: 'issuer_without_id_prefix' });
    }
    const issuer = settings === undefined ? former!.issuer : this.#remote(settings);
    if (this.#resolved.size >= MOST_RESOLVED) this.#resolved.delete(this.#resolved.keys().next().value!);
    this.#resolved.set(iss, { issuer, options, sinceMs });
    return issuer;
  }

  #remote(settings: IssuerSettings): RemoteIssuer {
    const upstream = new URL(settings.issuer).host;
    return new RemoteIssuer(settings, this.fetchFor, this.clock, (reason) =>
      this.events.emit({
        kind: 'upstream_failed',
        timeMs: this.clock.now(),
        level: 'warning',
        subject: {},
        upstream,
        code: 'bad_gateway',
        reason,
        attempts: 1,
      }),
    );
  }
}

function isRecent({ sinceMs }: Resolved, nowMs: number): boolean {
  return nowMs >= sinceMs && nowMs - sinceMs < RESOLVED_FOR_MS;
}
