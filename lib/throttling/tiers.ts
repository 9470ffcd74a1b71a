/** Which tier is a caller in? `public`, `authenticated`, or one that a credential or a role names. */

import type { Principal } from '../core/principal.js';
import type { RoleHierarchy } from '../core/role-hierarchy.js';
import { isUnlimited, perMinute, unlimited, type Limit, type Rate } from './rate.js';

/** Tier → how often its callers may call. */
export type Tiers = Readonly<Record<string, Limit>>;

/** Names the tier of a caller. Undefined, or a name that is no tier: the usual rule decides. Asked once per principal. */
export type TierOf = (principal: Principal) => string | undefined;

export interface Tier {
  readonly name: string;
  /** Undefined: unlimited. */
  readonly rate: Rate | undefined;
}

/** Callers whom nobody knows, each address its own bucket. */
export const PUBLIC_TIER = 'public';
/** Callers of whom nothing else is known. */
export const AUTHENTICATED_TIER = 'authenticated';

export const DEFAULT_TIERS: Tiers = Object.freeze({
  [PUBLIC_TIER]: perMinute(100),
  [AUTHENTICATED_TIER]: perMinute(1000),
  admin: unlimited,
});

export class TierBook {
  readonly #tiers = new Map<string, Tier>();

  constructor(
    tiers: Tiers,
    private readonly tierOf?: TierOf,
  ) {
    for (const [name, limit] of Object.entries(tiers)) {
      this.#tiers.set(name, Object.freeze({ name, rate: isUnlimited(limit) ? undefined : limit }));
    }
  }

  get public(): Tier {
    return this.#tiers.get(PUBLIC_TIER)!;
  }

  /** In the order in which they were declared. */
  get all(): readonly Tier[] {
    return [...this.#tiers.values()];
  }

  /**
   * What `tierOf` says, else the tier that the credential names, else the first tier that is named like a role which the
   * caller was granted, else like one that their roles include, else `authenticated`.
   */
  of(principal: Principal, hierarchy: RoleHierarchy): Tier {
    const named = this.#named(this.tierOf?.(principal)) ?? this.#named(principal.tier);
    if (named !== undefined) return named;
    const granted = new Set(principal.roles);
    return this.#first(granted) ?? this.#first(hierarchy.held(principal)) ?? this.#tiers.get(AUTHENTICATED_TIER)!;
  }

  #named(name: string | undefined): Tier | undefined {
    return name === undefined ? undefined : this.#tiers.get(name);
  }

  #first(roles: ReadonlySet<string>): Tier | undefined {
    for (const tier of this.#tiers.values()) if (roles.has(tier.name)) return tier;
    return undefined;
  }
}
