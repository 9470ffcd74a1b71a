/** Who sees a field of an object type? The decorators of REST's response classes, read from the class behind the type. */

import type { Type } from '@nestjs/common';
import type { Principal } from '../core/principal.js';
import type { RoleHierarchy } from '../core/role-hierarchy.js';
import { declaredFields } from '../responses/declared-fields.js';
import { hasOwnPolicy, policyOf } from '../responses/field-policy.js';
import type { TypeClasses } from './type-classes.js';

/** Does this caller see the field of this object? */
export type Sees = (object: unknown, viewer: Principal | undefined) => boolean;

/** What one class says of a field: who sees it besides nobody. */
export interface FieldMark {
  readonly roles: readonly string[];
  /** True: its owner does. */
  readonly owner: boolean;
  /** The field of the schema that holds the owner's id. Undefined: none does. */
  readonly ownerField: string | undefined;
}

/**
 * One rule for each class that restricts the field. None: everybody sees it.
 *
 * @param names the type's own, and those of its interfaces.
 * @throws TypeError for a field that no property explains, of a class that hides some.
 */
export function rulesFor(
  names: readonly [string, ...string[]],
  field: string,
  classes: TypeClasses,
  hierarchy: RoleHierarchy,
): Sees[] {
  const behind = classes.of(names);
  const properties = classes.propertiesOf(field, behind);
  if (!classes.knows(field, behind) && behind.some(hasOwnPolicy)) {
    throw new TypeError(
      `${names[0]}.${field}: no property is known to be behind this field, so that nobody can tell who may see it. ` +
        'Declare it with @Field() in the class, or with @ResolveField() in a resolver of its type.',
    );
  }
  return behind.flatMap((type) =>
    [...properties].map((key) => ruleOf(type, key, hierarchy)).filter((rule) => rule !== undefined),
  );
}

/** What each class says that restricts the field, for whoever checks from outside. None: everybody sees it. */
export function marksOn(names: readonly string[], field: string, classes: TypeClasses): readonly FieldMark[] {
  const behind = classes.of(names);
  return behind.flatMap((type) =>
    [...classes.propertiesOf(field, behind)]
      .map((key) => markOf(type, key, classes))
      .filter((mark) => mark !== undefined),
  );
}

/** The same in words: whoever sees it is one of every list. */
export function audiencesFor(
  names: readonly string[],
  field: string,
  classes: TypeClasses,
): readonly (readonly string[])[] {
  return marksOn(names, field, classes).map(({ roles, owner }) => {
    return owner || roles.length > 0 ? [...(owner ? ['owner'] : []), ...roles] : ['nobody'];
  });
}

function markOf(type: Type, key: string, classes: TypeClasses): FieldMark | undefined {
  const { fields, ownerKey } = policyOf(type);
  const ownerField = ownerKey === undefined ? undefined : classes.fieldOf(ownerKey, type);
  const field = fields.find((each) => each.key === key);
  if (field === undefined) {
    return declaredFields(type).includes(key) ? { roles: [], owner: false, ownerField } : undefined;
  }
  return field.audience === 'everybody' ? undefined : { ...field.audience, ownerField };
}

/** @throws TypeError for a role that nobody can hold, and for an owner whom no field names. */
function ruleOf(type: Type, key: string, hierarchy: RoleHierarchy): Sees | undefined {
  const { fields, ownerKey } = policyOf(type);
  const field = fields.find((each) => each.key === key);
  if (field === undefined) return declaredFields(type).includes(key) ? seesNever : undefined;
  if (field.audience === 'everybody') return undefined;
  const { roles, owner } = field.audience;
  hierarchy.checkKnown(roles, `@VisibleTo() on ${type.name}.${key}`);
  if (owner && ownerKey === undefined) {
    throw new TypeError(
      `${type.name}.${key}: is visible to the owner, but no field says who that is. Put @OwnerId() on the one that holds the owner's id.`,
    );
  }

  return function sees(object: unknown, viewer: Principal | undefined): boolean {
    if (viewer === undefined) return false;
    if (owner && typeof object === 'object' && object !== null) {
      const ownerId = (object as Record<string, unknown>)[ownerKey!];
      if (typeof ownerId === 'string' && ownerId !== '' && ownerId === viewer.id) return true;
    }
    if (roles.length === 0) return false;
    const held = hierarchy.held(viewer);
    return roles.some((role) => held.has(role));
  };
}

const seesNever: Sees = () => false;
