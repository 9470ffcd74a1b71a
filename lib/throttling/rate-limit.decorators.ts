/** What does a route ask of the limits? `@RateLimit()`, `@Cost()`, `@SkipRateLimit()`. */

import { checkKeys, checkOneOf, optionError } from '../core/checks.js';
import { annotate, annotation, type RouteDecorator } from '../core/route.js';
import { checkRate, rateOf, type Period, type Rate } from './rate.js';

/** Whose calls are counted together: of whoever calls (principal, else address), of an address, or of a principal. */
export type CountedBy = 'caller' | 'address' | 'principal';

export const COUNTED_BY: readonly CountedBy[] = ['caller', 'address', 'principal'];

export interface CountedByOption {
  /** Whose calls are counted together. Default `caller`: the principal where there is one, else the address. */
  readonly by?: CountedBy;
}

export interface RateLimitOptions extends CountedByOption {
  /** How many calls per period. */
  readonly limit: number;
  /** `second`, `minute`, `hour`, `day`, or milliseconds. */
  readonly per: Period;
  /** How many calls may be saved up and made at once. Default: `limit`. */
  readonly burst?: number;
}

export interface RouteLimit {
  readonly rate: Rate;
  readonly by: CountedBy;
}

export const LIMITS = annotation<readonly RouteLimit[] | 'skip'>('rate-limit');
export const COST = annotation<number>('cost');

/**
 * Limits a route besides the caller's tier. On a class it limits each of its routes, every route with a bucket of its
 * own. May stand several times on a handler: then all of them hold. Decorators of a handler replace those of its class.
 *
 * @example
 * \@RateLimit({ limit: 5, per: 'minute' })
 * \@RateLimit(perHour(20), { by: 'address' })
 *
 * @throws TypeError when a number is not positive, or an option is unknown.
 */
export function RateLimit(limit: RateLimitOptions | Rate, options: CountedByOption = {}): RouteDecorator {
  const added = routeLimit(limit, options);
  return onTarget((place) => {
    const earlier = Reflect.getOwnMetadata(LIMITS.key, place) as readonly RouteLimit[] | 'skip' | undefined;
    if (earlier === 'skip') throw contradiction();
    // Decorators run from the bottom up.
    return annotate(LIMITS, [added, ...(earlier ?? [])]);
  });
}

/**
 * No limits here: nothing is charged, and a blocked address may call. For health checks and the like. With `secureApp()`
 * a blocked address is turned away nevertheless: that happens before it is known which route is meant.
 */
export function SkipRateLimit(): RouteDecorator {
  return onTarget((place) => {
    if (Array.isArray(Reflect.getOwnMetadata(LIMITS.key, place))) throw contradiction();
    return annotate(LIMITS, 'skip');
  });
}

/**
 * What a call takes from every bucket it is charged to, in tokens. Default 1.
 *
 * @throws TypeError when it is not a positive finite number.
 */
export function Cost(tokens: number): RouteDecorator {
  if (typeof tokens !== 'number' || !Number.isFinite(tokens) || tokens <= 0) {
    throw optionError(
      '@Cost',
      tokens,
      'is not a positive finite number',
      'Use e.g. @Cost(5), or @SkipRateLimit() for none.',
    );
  }
  return annotate(COST, tokens);
}

function routeLimit(limit: RateLimitOptions | Rate, options: CountedByOption): RouteLimit {
  checkKeys('@RateLimit', options, ['by']);
  if (typeof limit === 'object' && limit !== null && 'refillTokens' in limit) {
    return Object.freeze({ rate: checkRate('@RateLimit', limit), by: checkBy(options.by) });
  }
  checkKeys('@RateLimit', limit, ['limit', 'per', 'burst', 'by']);
  const burst = limit.burst === undefined ? {} : { burst: limit.burst };
  return Object.freeze({
    rate: rateOf('@RateLimit', limit.limit, limit.per, burst),
    by: checkBy(options.by ?? limit.by),
  });
}

function checkBy(by: CountedBy = 'caller'): CountedBy {
  return checkOneOf('@RateLimit.by', by, COUNTED_BY);
}

function contradiction(): TypeError {
  return new TypeError('@SkipRateLimit() stands beside @RateLimit(). Remove one of them.');
}

function onTarget(decorate: (place: object) => RouteDecorator): RouteDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const decorator = decorate(descriptor ? (descriptor.value as object) : target);
    (decorator as (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => void)(
      target,
      key,
      descriptor,
    );
  };
}
