/** What may be said of a field about who sees it? */

import type { Type } from '@nestjs/common';

/** What the decorators of one field say, taken together. */
export interface FieldMark {
  /** Roles that see the field. */
  readonly roles: readonly string[];
  /** The owner of the object sees the field. */
  readonly owner: boolean;
  /** Nobody sees the field. */
  readonly hidden: boolean;
  /** The field names the owner of the object. */
  readonly ownerId: boolean;
  /** The class of the objects in the field, where one of our own classes knows it. */
  readonly nested?: () => Type;
}

export const NO_MARK: FieldMark = Object.freeze({ roles: [], owner: false, hidden: false, ownerId: false });

/** Do two marks let the same callers see the field? */
export function agree(one: FieldMark, other: FieldMark): boolean {
  const same = (['owner', 'hidden', 'ownerId'] as const).every((each) => one[each] === other[each]);
  return same && one.roles.toSorted().join('\n') === other.roles.toSorted().join('\n');
}
