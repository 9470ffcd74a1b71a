/** How are rate limits configured? */

import { checkBoolean, checkKeys, checkOneOf, checkPositiveInteger, optionError } from '../core/checks.js';
import { BUCKET_ALGORITHMS, type BucketAlgorithm, type BucketStore } from './bucket.store.js';
import { checkLimit, isUnlimited, type Limit, type Rate } from './rate.js';
import { DEFAULT_TIERS, TierBook, type TierOf, type Tiers } from './tiers.js';

export interface ThrottlingOptions {
  /**
   * How often the callers of each tier may call, one bucket per caller. Yours are added to, and replace, the defaults:
   * `public: perMinute(100)` per address, `authenticated: perMinute(1000)` per principal, `admin: unlimited`.
   */
  readonly tiers?: Tiers;
  /** Names the tier of an authenticated caller. Default: the credential's tier, else by role, else `authenticated`. */
  readonly tierOf?: TierOf;
  /**
   * What one address may cost in failed credentials, unknown routes and public calls together. An address that has used
   * it up in failures is refused before anything is verified. Default: the bucket and the rate of the `public` tier.
   */
  readonly address?: Limit;
  /** `token-bucket` (default) or `sliding-window`. */
  readonly algorithm?: BucketAlgorithm;
  /** How many buckets are kept in memory. Default 1_000_000: about 64 MB. */
  readonly maxKeys?: number;
  /** Send `RateLimit-Policy` and `RateLimit`. Default true. `Retry-After` is sent with every refusal regardless. */
  readonly headers?: boolean;
  /** Send `X-RateLimit-Limit`, `-Remaining` and `-Reset` besides. Default false. */
  readonly legacyHeaders?: boolean;
  /** Where buckets are kept. Default: in this process's memory. */
  readonly store?: BucketStore;
}

export interface ThrottlingSettings {
  readonly tiers: TierBook;
  readonly address: AddressLimit | undefined;
  readonly algorithm: BucketAlgorithm;
  readonly maxKeys: number;
  readonly headers: boolean;
  readonly legacyHeaders: boolean;
  readonly store: BucketStore | undefined;
}

/** What one address may cost. */
export interface AddressLimit {
  readonly name: string;
  readonly rate: Rate;
  readonly keyPrefix: string;
  /** True when it is the bucket of the public tier. False: public calls are charged to both. */
  readonly isPublicTier: boolean;
}

export const THROTTLING = Symbol('bulwark:throttling');

const WHERE = 'security.throttling';
const KEYS = ['tiers', 'tierOf', 'address', 'algorithm', 'maxKeys', 'headers', 'legacyHeaders', 'store'];

/** @throws TypeError naming option, value and fix. */
export function throttlingSettings(input: ThrottlingOptions = {}): ThrottlingSettings {
  checkKeys(WHERE, input, KEYS);
  if (input.tierOf !== undefined && typeof input.tierOf !== 'function') {
    throw optionError(
      `${WHERE}.tierOf`,
      input.tierOf,
      'is not a function',
      'Use (principal) => principal.claims.plan as string.',
    );
  }
  if (input.store !== undefined && typeof input.store?.take !== 'function') {
    throw optionError(`${WHERE}.store`, input.store, 'is no bucket store', 'Use an object with take(demands, nowMs).');
  }
  const tiers = new TierBook(checkTiers(input.tiers), input.tierOf);
  return Object.freeze({
    tiers,
    address: addressLimit(input.address, tiers),
    algorithm: checkOneOf(`${WHERE}.algorithm`, input.algorithm ?? 'token-bucket', BUCKET_ALGORITHMS),
    maxKeys: checkPositiveInteger(`${WHERE}.maxKeys`, input.maxKeys ?? 1_000_000),
    headers: checkBoolean(`${WHERE}.headers`, input.headers ?? true),
    legacyHeaders: checkBoolean(`${WHERE}.legacyHeaders`, input.legacyHeaders ?? false),
    store: input.store,
  });
}

function checkTiers(given: Tiers = {}): Tiers {
  // Any name may be a tier, so that only the shape can be checked.
  checkKeys(`${WHERE}.tiers`, given, Object.keys(given));
  const tiers: Record<string, Limit> = {};
  for (const [name, limit] of Object.entries(given)) {
    // The name goes into headers and keys as it is.
    if (!/^[A-Za-z][\w.-]*$/.test(name)) {
      throw optionError(
        `${WHERE}.tiers`,
        name,
        'is no name for a tier',
        'Use letters, digits, dots, dashes and underscores.',
      );
    }
    tiers[name] = checkLimit(`${WHERE}.tiers.${name}`, limit);
  }
  for (const [name, limit] of Object.entries(DEFAULT_TIERS)) tiers[name] ??= limit;
  return tiers;
}

function addressLimit(given: Limit | undefined, tiers: TierBook): AddressLimit | undefined {
  if (given !== undefined) {
    const limit = checkLimit(`${WHERE}.address`, given);
    return isUnlimited(limit) ? undefined : { name: 'address', rate: limit, keyPrefix: 'g/', isPublicTier: false };
  }
  const { name, rate } = tiers.public;
  return rate && { name, rate, keyPrefix: addressKeyPrefix(name), isPublicTier: true };
}

export function addressKeyPrefix(tier: string): string {
  return `a/${tier}/`;
}

export function principalKeyPrefix(tier: string): string {
  return `p/${tier}/`;
}
