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
import { mayCollide } from './id-spaces.js';
import { issuerSettings, REMEMBERED_FOR_S, type IssuerOptions, type IssuerSettings } from './issuers.options.js';
import { RemoteIssuer } from './remote-issuer.js';
import { readRemoteUrl } from './remote-url.js';
import { UnknownNames } from './unknown-names.js';

/** How long an answer of `issuerFor` holds: a tenant that left is trusted that long at most. */
const RESOLVED_FOR_MS = 60_000;

/** Tenants that are known at once. The one asked for longest ago makes room. */
const MOST_RESOLVED = 10_000;

/** Questions about strangers that are out at once. More names than that are made up by somebody; tenants do not wait for them. */
const MOST_AT_ONCE = 64;

/** The app looks a tenant up in its own database: longer than this, and nobody can say. */
const LONGEST_LOOK_UP_MS = 5_000;

interface Resolved {
  readonly issuer: RemoteIssuer;
  readonly settings: IssuerSettings;
  readonly options: IssuerOptions;
  readonly sinceMs: number;
}

@Injectable()
export class TrustedIssuers {
  readonly #listed: ReadonlyMap<string, RemoteIssuer>;
  readonly #resolved = new Map<string, Resolved>();
  /** Whose a prefix is, among those. */
  readonly #holders = new Map<string, string>();
  #strangers = 0;
  readonly #asking = new Map<string, Promise<RemoteIssuer | undefined>>();
  readonly #unknown = new UnknownNames(RESOLVED_FOR_MS);

  constructor(
    @Inject(JWT_SETTINGS)
    private readonly settings: Pick<JwtSettings, 'issuers' | 'issuerFor' | 'introspection' | 'rules'>,
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
      const stranger = resolved === undefined ? 1 : 0;
      if (this.#strangers + stranger > MOST_AT_ONCE)
        throw new SecurityError('unavailable', { reason: 'too_many_issuers_asked' });
      this.#strangers += stranger;
      asking = this.#ask(iss).finally(() => {
        this.#asking.delete(iss);
        this.#strangers -= stranger;
      });
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
    let isNew = false;
    const former = this.#resolved.get(iss);
    try {
      options = await withinTime(this.settings.issuerFor!(iss));
      isNew = !isDeepStrictEqual(options, former?.options);
      settings =
        options !== undefined && isNew
          ? withinMemory(issuerSettings('security.jwt.issuerFor', options))
          : former?.settings;
    } catch (cause) {
      throw new SecurityError('unavailable', { reason: 'issuer_resolver_failed', cause });
    }
    this.#forget(iss);
    // An answer about somebody else would let one tenant speak for another.
    if (options === undefined || settings === undefined || options.issuer !== iss) {
      this.#unknown.add(iss, sinceMs);
      return undefined;
    }
    if (settings.idPrefix === undefined && !settings.sharesIds) {
      throw new SecurityError('unavailable', { reason: 'issuer_without_id_prefix' });
    }
    if (this.#isTaken(settings, sinceMs)) {
      throw new SecurityError('unavailable', { reason: 'issuer_id_prefix_taken' });
    }
    const issuer = isNew ? this.#remote(settings, former?.issuer) : former!.issuer;
    if (this.#resolved.size >= MOST_RESOLVED) this.#forget(this.#resolved.keys().next().value!);
    this.#resolved.set(iss, { issuer, settings, options, sinceMs });
    if (settings.idPrefix !== undefined) this.#holders.set(settings.idPrefix, iss);
    return issuer;
  }

  /** Does anybody else make ids in this space? A tenant that left does no more. */
  #isTaken(settings: IssuerSettings, nowMs: number): boolean {
    const { issuers, introspection } = this.settings;
    if (introspection !== undefined && mayCollide(settings, introspection)) return true;
    if (issuers.some((listed) => mayCollide(settings, listed))) return true;
    const holder = this.#resolved.get(this.#holders.get(settings.idPrefix ?? '') ?? '');
    return holder !== undefined && isRecent(holder, nowMs) && mayCollide(settings, holder.settings);
  }

  #forget(iss: string): void {
    const prefix = this.#resolved.get(iss)?.settings.idPrefix;
    this.#resolved.delete(iss);
    if (prefix !== undefined && this.#holders.get(prefix) === iss) this.#holders.delete(prefix);
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

/** Nobody knew of this tenant when it was decided how long revocations are remembered: its tokens are good no longer than that. */
function withinMemory(settings: IssuerSettings): IssuerSettings {
  const { rules } = settings;
  const maxTokenAge = Math.min(rules.claims.maxTokenAge ?? Infinity, REMEMBERED_FOR_S);
  return { ...settings, rules: { ...rules, claims: { ...rules.claims, maxTokenAge } } };
}

/** @throws Error where it takes too long. */
async function withinTime<T>(answer: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('issuerFor takes too long')), LONGEST_LOOK_UP_MS);
  });
  try {
    return await Promise.race([answer, slow]);
  } finally {
    clearTimeout(timer);
  }
}

function isRecent({ sinceMs }: Resolved, nowMs: number): boolean {
  return nowMs >= sinceMs && nowMs - sinceMs < RESOLVED_FOR_MS;
}
