/** Which issuer is this tenant's, now? The app is asked, and its answer holds for a minute. */

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { mayCollide, type IdSpaces } from './id-spaces.js';
import {
  ISSUER_KEYS,
  issuerSettings,
  REMEMBERED_FOR_S,
  type IssuerOptions,
  type IssuerSettings,
} from './issuers.options.js';
import type { RemoteIssuer } from './remote-issuer.js';
import { readRemoteUrl } from './remote-url.js';
import type { IssuerResolver } from './token-sources.options.js';
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
  /** As the app gave them then: it may change the object that it gave. */
  readonly snapshot: unknown;
  readonly sinceMs: number;
}

export interface TenantSurroundings {
  readonly issuerFor: IssuerResolver;
  /** The ids of everybody who is no tenant. */
  readonly idSpaces: IdSpaces;
  /** @param former Whose keys are taken over where they are found in the same way. */
  readonly remote: (settings: IssuerSettings, former: RemoteIssuer | undefined) => RemoteIssuer;
}

export class TenantIssuers {
  readonly #resolved = new Map<string, Resolved>();
  /** Whose a prefix is, among those. */
  readonly #holders = new Map<string, string>();
  #strangers = 0;
  readonly #asking = new Map<string, Promise<RemoteIssuer | undefined>>();
  readonly #unknown = new UnknownNames(RESOLVED_FOR_MS);

  constructor(
    private readonly surroundings: TenantSurroundings,
    private readonly clock: Clock,
  ) {}

  /** @throws SecurityError `unavailable` where the app cannot say. */
  find(iss: string): RemoteIssuer | undefined | Promise<RemoteIssuer | undefined> {
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

  /** Is this still a tenant, as far as we know? False too where the app has to be asked first. */
  trusts(name: string, issuer: RemoteIssuer, nowMs: number): boolean {
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
    const { issuerFor, remote } = this.surroundings;
    let snapshot: unknown;
    let settings: IssuerSettings | undefined;
    let isNew = false;
    const former = this.#resolved.get(iss);
    try {
      const options = await withinTime(issuerFor(iss));
      snapshot = snapshotOf(options);
      isNew = !isDeepStrictEqual(snapshot, former?.snapshot);
      settings =
        options !== undefined && isNew
          ? withinMemory(issuerSettings('security.jwt.issuerFor', options))
          : former?.settings;
      if (options === undefined) settings = undefined;
    } catch (cause) {
      throw new SecurityError('unavailable', { reason: 'issuer_resolver_failed', cause });
    }
    this.#forget(iss);
    // An answer about somebody else would let one tenant speak for another.
    if (settings === undefined || settings.issuer !== iss) {
      this.#unknown.add(iss, sinceMs);
      return undefined;
    }
    if (settings.idPrefix === undefined && !settings.sharesIds) {
      throw new SecurityError('unavailable', { reason: 'issuer_without_id_prefix' });
    }
    if (this.#isTaken(settings, sinceMs)) {
      throw new SecurityError('unavailable', { reason: 'issuer_id_prefix_taken' });
    }
    const issuer = isNew ? remote(settings, former?.issuer) : former!.issuer;
    if (this.#resolved.size >= MOST_RESOLVED) this.#forget(this.#resolved.keys().next().value!);
    this.#resolved.set(iss, { issuer, settings, snapshot, sinceMs });
    if (settings.idPrefix !== undefined) this.#holders.set(settings.idPrefix, iss);
    return issuer;
  }

  /** Does anybody else make ids in this space? A tenant that left does no more. */
  #isTaken(settings: IssuerSettings, nowMs: number): boolean {
    if (this.surroundings.idSpaces.collidesWith(settings)) return true;
    const holder = this.#resolved.get(this.#holders.get(settings.idPrefix ?? '') ?? '');
    return holder !== undefined && isRecent(holder, nowMs) && mayCollide(settings, holder.settings);
  }

  #forget(iss: string): void {
    const prefix = this.#resolved.get(iss)?.settings.idPrefix;
    this.#resolved.delete(iss);
    if (prefix !== undefined && this.#holders.get(prefix) === iss) this.#holders.delete(prefix);
  }
}

/**
 * What the app answered, to compare its next answer with: every option, read once, lists and the claim mapping copied, functions as
 * they are. An object that is handed out again and again, changed in between, is heard.
 */
function snapshotOf(options: IssuerOptions | undefined): unknown {
  if (typeof options !== 'object' || options === null) return options;
  const names = new Set([...ISSUER_KEYS, ...Object.keys(options)]);
  const given = options as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries([...names].map((name) => [name, copyOf(given[name])]));
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyOf(inner)]));
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
