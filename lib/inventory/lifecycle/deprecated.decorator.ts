/** Which routes are on their way out? */

import { annotate, annotation, type RouteDecorator } from '../../core/route.js';
import { lifecycleOf, type DeprecatedOptions, type Lifecycle } from './lifecycle.js';

export const DEPRECATED = annotation<Lifecycle>('deprecated');

/**
 * Says that a route, or every route of a class, is on its way out. Its answers carry `Deprecation` (RFC 9745), `Sunset`
 * (RFC 8594) and `Link`; after the sunset it answers 410 to those who may call it. Who still calls is counted:
 * `Deprecations.routes()`.
 *
 * @throws TypeError for a sunset before `since`, for what is no date, path or URL, and for an unknown option.
 *
 * @example
 * @Deprecated({ since: '2026-01-31', sunset: '2027-01-31', successor: '/v2/users' })
 */
export function Deprecated(options: DeprecatedOptions): RouteDecorator {
  return annotate(DEPRECATED, lifecycleOf(options));
}
