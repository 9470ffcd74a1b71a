/** Who may see this field? Marks on the fields of a response class, read once when its policy is made. */

import 'reflect-metadata';
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

const NO_MARK: FieldMark = Object.freeze({ roles: [], owner: false, hidden: false, ownerId: false });

/**
 * The field leaves only for callers who hold one of these roles. Beside `@VisibleToOwner()`, either suffices.
 *
 * @example
 * class UserView {
 *   id: string;
 *   \@VisibleTo('admin') created_at: Date;
 * }
 * @throws TypeError when no role is named: a list that nobody can satisfy is a slip. `@Hidden()` says it on purpose.
 */
export function VisibleTo(...roles: string[]): PropertyDecorator {
  if (roles.length === 0) throw new TypeError('@VisibleTo() names no role. Name one, or write @Hidden().');
  for (const role of roles) {
    if (typeof role !== 'string' || role === '') {
      throw new TypeError(`@VisibleTo(): ${String(role)} is not a role name. Use e.g. @VisibleTo('admin').`);
    }
  }
  return mark('VisibleTo', (before) => ({ ...before, roles: [...before.roles, ...roles] }));
}

/** The field leaves only for the owner of the object it is in, whom `@OwnerId()` names. Beside `@VisibleTo()`, either suffices. */
export function VisibleToOwner(): PropertyDecorator {
  return mark('VisibleToOwner', (before) => ({ ...before, owner: true }));
}

/**
 * The field that holds the id of the object's owner: `id` of a user, `user_id` of an order. Each object of a list or
 * tree is judged by its own. Only text counts: an id of another type is nobody's.
 */
export function OwnerId(): PropertyDecorator {
  return mark('OwnerId', (before) => ({ ...before, ownerId: true }));
}

/** The field never leaves, whoever asks, in this class and in those that extend it. */
export function Hidden(): PropertyDecorator {
  return mark('Hidden', (before) => ({ ...before, hidden: true }));
}

/** Tells the class of the objects in a field. For our own classes; apps say it with class-transformer's `@Type()`. */
export function holds(nested: () => Type): PropertyDecorator {
  return mark('Holds', (before) => ({ ...before, nested }));
}

/** The marks of a class, those it inherits included. The nearest word on a field counts, but what is hidden stays hidden. */
export function marksOf(type: Type): ReadonlyMap<string, FieldMark> {
  const marks = new Map<string, FieldMark>();
  for (let proto: unknown = type.prototype; proto instanceof Object; proto = Object.getPrototypeOf(proto)) {
    for (const [key, found] of ownMarks(proto)) {
      const nearer = marks.get(key);
      if (nearer === undefined) marks.set(key, found);
      else if (found.hidden && !nearer.hidden) marks.set(key, { ...nearer, hidden: true });
    }
  }
  return marks;
}

const MARKS = Symbol('bulwark:field-marks');

function ownMarks(prototype: object): Map<string, FieldMark> {
  return (
    (Reflect.getOwnMetadata(MARKS, prototype) as Map<string, FieldMark> | undefined) ?? new Map<string, FieldMark>()
  );
}

function mark(name: string, change: (before: FieldMark) => FieldMark): PropertyDecorator {
  return (prototype: object, key: string | symbol) => {
    if (typeof key !== 'string' || typeof prototype === 'function') {
      throw new TypeError(`@${name}() belongs on a named field of an instance.`);
    }
    const marks = ownMarks(prototype);
    marks.set(key, Object.freeze(change(marks.get(key) ?? NO_MARK)));
    Reflect.defineMetadata(MARKS, marks, prototype);
  };
}
