/** Which roles does a caller hold, when one role includes others? Shared by the roles stage and the response filter. */

import { isTextList, nearest, optionError } from './checks.js';
import type { Principal } from './principal.js';

/** Role → the roles it includes: `{ admin: ['moderator'], moderator: ['user'] }`. */
export type RoleIncludes = Readonly<Record<string, readonly string[]>>;

const NO_ROLES: ReadonlySet<string> = new Set();

export class RoleHierarchy {
  readonly #closure = new Map<string, ReadonlySet<string>>();
  readonly #held = new WeakMap<Principal, ReadonlySet<string>>();

  /**
   * @throws TypeError when roles include each other in a circle: nobody could say which of them is the greater.
   */
  constructor(includes: RoleIncludes = {}, option = 'security.roles.hierarchy') {
    const visit = (role: string, path: readonly string[]): ReadonlySet<string> => {
      if (path.includes(role)) {
        const circle = [...path.slice(path.indexOf(role)), role].join(' > ');
        throw optionError(option, circle, 'is a circle', 'Remove one of these steps.');
      }
      const known = this.#closure.get(role);
      if (known) return known;
      const included: unknown = Object.hasOwn(includes, role) ? includes[role] : [];
      if (!isTextList(included)) {
        throw optionError(
          `${option}.${role}`,
          included,
          'is not a list of role names',
          `Use e.g. { ${role}: ['user'] }.`,
        );
      }
      const all = new Set([role]);
      for (const inner of included) for (const each of visit(inner, [...path, role])) all.add(each);
      this.#closure.set(role, all);
      return all;
    };
    for (const role of Object.keys(includes)) visit(role, []);
  }

  /** Every role the caller holds, the included ones too. Computed once per principal. */
  held(principal: Principal | undefined): ReadonlySet<string> {
    if (principal === undefined) return NO_ROLES;
    let held = this.#held.get(principal);
    if (held === undefined) {
      held = this.expand(principal.roles);
      this.#held.set(principal, held);
    }
    return held;
  }

  expand(roles: readonly string[]): ReadonlySet<string> {
    const all = new Set<string>();
    for (const role of roles) {
      const closure = this.#closure.get(role);
      if (closure === undefined) all.add(role);
      else for (const each of closure) all.add(each);
    }
    return all;
  }

  /** The names that the hierarchy declares, or undefined where none was declared and so any name goes. */
  get declared(): readonly string[] | undefined {
    return this.#closure.size === 0 ? undefined : [...this.#closure.keys()];
  }

  /** Stops the boot for a role that the hierarchy does not know: most likely a slip, and nobody could ever hold it. */
  checkKnown(roles: readonly string[], where: string): void {
    const declared = this.declared;
    if (declared === undefined) return;
    for (const role of roles) {
      if (declared.includes(role)) continue;
      const near = nearest(role, declared);
      const fix = near
        ? `Did you mean "${near}"?`
        : `Add it to security.roles.hierarchy. Known: ${declared.join(', ')}.`;
      throw optionError(where, role, 'is not a declared role', fix);
    }
  }
}
