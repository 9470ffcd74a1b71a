/** What do `@Throttle()` and `@SkipThrottle()` of @nestjs/throttler ask of a route? */

import { optionError } from '../core/checks.js';
import type { Route } from '../core/route.js';
import { rateOf } from './rate.js';
import type { RouteLimit } from './rate-limit.decorators.js';

// The metadata keys of the throttler's decorators (dist/throttler.constants.js), each followed by the throttler's name.
const LIMIT = 'THROTTLER:LIMIT';
const TTL = 'THROTTLER:TTL';
const SKIP = 'THROTTLER:SKIP';
const CUSTOM = { getTracker: 'THROTTLER:TRACKER', generateKey: 'THROTTLER:KEY_GENERATOR' } as const;

export interface ThrottlerLimits {
  readonly limits: readonly RouteLimit[];
  /** `@SkipThrottle()`: the default throttler, and so the tier's bucket, does not apply. */
  readonly skipsDefault: boolean;
}

/**
 * The limits that the throttler's decorators name, per caller. `blockDuration` has no meaning for a bucket.
 *
 * @throws TypeError for what is computed per request: it says what to write instead.
 */
export function throttlerLimits(route: Route): ThrottlerLimits {
  const limits: RouteLimit[] = [];
  for (const name of namesOf(route)) {
    if (read(route, SKIP + name) === true) continue;
    for (const [option, key] of Object.entries(CUSTOM)) {
      const custom = read(route, key + name);
      if (custom === undefined) continue;
      throw optionError(
        placeOf(route, name, option),
        custom,
        'is not supported',
        "Use @RateLimit({ limit, per, by: 'address' }).",
      );
    }
    const limit = numberOf(route, name, 'limit', read(route, LIMIT + name));
    const ttl = numberOf(route, name, 'ttl', read(route, TTL + name));
    limits.push({ rate: rateOf(`@Throttle() on ${route.id}, ${name}`, limit, ttl), by: 'caller' });
  }
  return { limits, skipsDefault: read(route, `${SKIP}default`) === true };
}

function namesOf({ handler, class: type }: Route): Set<string> {
  const keys = [handler, type].flatMap((place) => Reflect.getMetadataKeys(place) as unknown[]);
  const limits = keys.filter((key) => typeof key === 'string' && key.startsWith(LIMIT)) as string[];
  return new Set(limits.map((key) => key.slice(LIMIT.length)));
}

function read({ handler, class: type }: Route, key: string): unknown {
  return Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, type);
}

function numberOf(route: Route, name: string, option: 'limit' | 'ttl', value: unknown): number {
  // The throttler takes numbers as text as well, for limits from the environment.
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && number > 0 && number < Infinity) return number;
  const problem = typeof value === 'function' ? 'is computed per request' : 'is not a positive finite number';
  throw optionError(
    placeOf(route, name, option),
    value,
    problem,
    'Use @RateLimit({ limit: 10, per: 60_000 }), or a tier.',
  );
}

function placeOf(route: Route, name: string, option: string): string {
  return `@Throttle({ ${name}: { ${option} } }) on ${route.id}`;
}
