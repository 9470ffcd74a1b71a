/** May this caller see this field of this object? Yes, no, or nobody can tell from here. */

import { classesWithin, policyOf } from '../../../responses/field-policy.js';
import { RETURNS } from '../../../responses/returns.decorator.js';
import { RoleHierarchy } from '../../../core/role-hierarchy.js';
import type { Route } from '../../../core/route.js';
import type { Actor } from '../callers/actor.js';
import type { Sighting } from './declared-view.js';
import type { Target } from '../target.js';

/** What owners are called where no `@OwnerId()` says it. */
const OWNER_NAMES = ['id', 'user_id', 'userId', 'owner_id', 'ownerId', 'owner', 'account_id', 'accountId', 'sub'];

export class ViewingRights {
  readonly #ownerNames: readonly string[];
  readonly #hierarchy: RoleHierarchy;

  constructor({ site, route }: Pick<Target, 'site' | 'route'>) {
    const named = ownerFieldsOf(route);
    this.#ownerNames = named.length > 0 ? named : OWNER_NAMES;
    this.#hierarchy = site.app.get(RoleHierarchy, { strict: false });
  }

  /** Undefined: it cannot be told, so nothing should be said. */
  sees(caller: Actor | undefined, name: string, { object, declared }: Sighting): boolean | undefined {
    const audience = declared.get(name)?.audience;
    if (audience === undefined) return false;
    if (audience.includes('everybody')) return true;
    if (caller === undefined) return false;
    // Of whoever proves it by a signature or headers only the app knows the roles.
    if (caller.scheme !== 'jwt' && caller.scheme !== 'api-key') return undefined;
    if (caller.subject === undefined) return undefined;
    const held = this.#hierarchy.expand(caller.subject.roles ?? []);
    if (audience.some((role) => held.has(role))) return true;
    return audience.includes('owner') ? this.#owns(caller.subject.id, object) : false;
  }

  #owns(id: string, object: Sighting['object']): boolean | undefined {
    const named = this.#ownerNames.map((name) => object[name]).filter((value) => typeof value === 'string');
    return named.length === 0 ? undefined : named.includes(id);
  }
}

/** The fields that name owners, as they are called on the wire. */
function ownerFieldsOf(route: Route | undefined): readonly string[] {
  const { type } = route?.get(RETURNS) ?? {};
  if (type === undefined) return [];
  return [...classesWithin(type)].flatMap((each) => {
    const { fields, ownerKey } = policyOf(each);
    return fields.filter(({ key }) => key === ownerKey).map(({ name }) => name);
  });
}

/** Classes whose fields are for an owner whom no field names. */
export function ownerlessClasses(route: Route | undefined): readonly string[] {
  const { type } = route?.get(RETURNS) ?? {};
  if (type === undefined) return [];
  return [...classesWithin(type)]
    .filter((each) => {
      const { fields, ownerKey } = policyOf(each);
      return ownerKey === undefined && fields.some(({ audience }) => audience !== 'everybody' && audience.owner);
    })
    .map(({ name }) => name);
}
