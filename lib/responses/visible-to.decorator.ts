/** Who may see this field? Marks on the fields of a response class, read once when its policy is made. */

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { carriedMarks, carry } from './carried-marks.js';
import { NO_MARK, type FieldMark } from './field-mark.js';

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

/**
 * The marks of a class, those included that it inherits, or was given by the class that a mapped type was made of. The nearest word on
 * a field counts, but what is hidden stays hidden.
 *
 * @throws TypeError where a class is made of two that say different things of one field.
 */
export function marksOf(type: Type): ReadonlyMap<string, FieldMark> {
  const marks = new Map<string, FieldMark>();
  const add = (key: string, found: FieldMark): void => {
    const nearer = marks.get(key);
    if (nearer === undefined) marks.set(key, found);
    else if (found.hidden && !nearer.hidden) marks.set(key, { ...nearer, hidden: true });
  };
  for (let proto: unknown = type.prototype; proto instanceof Object; proto = Object.getPrototypeOf(proto)) {
    for (const [key, found] of ownMarks(proto)) add(key, found);
    for (const [key, { mark: found, disputed }] of carriedMarks(proto)) {
      if (disputed !== undefined && !marks.has(key)) throw isDisputed(type, key, disputed);
      add(key, found);
    }
  }
  return marks;
}

function isDisputed(type: Type, key: string, by: string): TypeError {
  return new TypeError(
    `${type.name}.${key}: ${by} say different things about who sees it. Declare the field in ${type.name} with the decorator ` +
      'that holds there: @VisibleTo(), @VisibleToOwner() or @Hidden().',
  );
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
    const changed = Object.freeze(change(marks.get(key) ?? NO_MARK));
    marks.set(key, changed);
    carry(prototype, key, changed);
    Reflect.defineMetadata(MARKS, marks, prototype);
  };
}
