/** Which roles may call this? */

import { checkBoolean, checkKeys } from '../../core/checks.js';
import { annotation, requirement, type RouteDecorator } from '../../core/route.js';

export interface RoleRule {
  readonly roles: readonly string[];
  /** True: the caller needs every one of the roles. False: one suffices. */
  readonly all: boolean;
}

export const ROLES = annotation<RoleRule>('roles');

/**
 * Lets in callers who hold one of the roles, directly or through the hierarchy (ASVS 8.2.1, OWASP API5).
 * With `{ all: true }` as the last argument, callers who hold every one of them.
 *
 * @throws TypeError when no role is named: an empty list would let nobody in, or worse, everybody.
 *
 * @example
 * @Roles('moderator', 'auditor')
 * @Roles('finance', 'manager', { all: true })
 */
export function Roles(
  ...rule: readonly string[] | readonly [...roles: string[], options: { all: boolean }]
): RouteDecorator {
  const last = rule.at(-1);
  const options = typeof last === 'object' ? last : { all: false };
  checkKeys('@Roles()', options, ['all']);
  const all = checkBoolean('@Roles().all', options.all);
  const roles = rule.filter((role): role is string => typeof role === 'string' && role !== '');
  if (roles.length === 0 || roles.length !== rule.length - (typeof last === 'object' ? 1 : 0)) {
    throw new TypeError("@Roles() needs the names of roles, e.g. @Roles('admin').");
  }
  return requirement(ROLES, Object.freeze({ roles: Object.freeze(roles), all }));
}
