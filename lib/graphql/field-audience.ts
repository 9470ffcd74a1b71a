/** Who sees a field of an object type? The decorators of REST's response classes, read from the class behind the type. */

import type { Type } from '@nestjs/common';
import type { Principal } from '../core/principal.js';
import type { RoleHierarchy } from '../core/role-hierarchy.js';
import { declaredFields } from '../responses/declared-fields.js';
import { policyOf } from '../responses/field-policy.js';

/** Does this caller see the field of this object? */
export type Sees = (object: unknown, viewer: Principal | undefined) => boolean;

interface ClassNote {
  readonly name: string;
  readonly target: Type;
  readonly properties?: readonly { readonly schemaName: string; readonly name: string }[];
  readonly interfaces?: unknown;
}

interface TypeNotes {
  getObjectTypesMetadata(): readonly ClassNote[];
  getInterfacesMetadata(): readonly ClassNote[];
}

/** The classes that say something about a type of the schema: its own, and those of its interfaces. */
export class TypeClasses {
  readonly #byName = new Map<string, ClassNote[]>();

  constructor() {
    // @nestjs/graphql keeps what its decorators say in a global of its own, so it need not be loaded to be asked.
    const notes = (globalThis as { GqlTypeMetadataStorage?: TypeNotes }).GqlTypeMetadataStorage;
    for (const note of [...(notes?.getObjectTypesMetadata() ?? []), ...(notes?.getInterfacesMetadata() ?? [])]) {
      this.#byName.set(note.name, [...(this.#byName.get(note.name) ?? []), note]);
    }
  }

  /** One rule for each class that restricts the field. None: everybody sees it. */
  rulesFor(names: readonly string[], field: string, hierarchy: RoleHierarchy): Sees[] {
    return names
      .flatMap((name) => this.#byName.get(name) ?? [])
      .map(({ target, properties = [] }) => {
        const key = properties.find(({ schemaName }) => schemaName === field)?.name ?? field;
        return ruleOf(target, key, hierarchy);
      })
      .filter((rule) => rule !== undefined);
  }
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
