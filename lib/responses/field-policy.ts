/** What may leave of an object of this class, and for whom? Read once per class, from every decorator that has a say. */

import type { Type } from '@nestjs/common';
import { declaredFields, notedType } from './declared-fields.js';
import {
  excludesByDefault,
  transformerDecides,
  transformerField,
  transformerTransforms,
  transformerType,
  type TransformNote,
} from './transformer-metadata.js';
import { marksOf } from './visible-to.decorator.js';

/** What a field holds, as far as its declaration tells. */
export type Content =
  /** Scalars and lists of scalars. Objects are dropped, unless their own class has a policy. */
  | { readonly kind: 'scalars' }
  /** `@Type(() => Number)`: converted, as class-transformer does. */
  | { readonly kind: 'converted'; readonly to: (value: unknown) => unknown }
  /** `@Type(() => Object)`: plain data of any shape, on purpose. */
  | { readonly kind: 'open' }
  /** Objects of a class, or lists of them. */
  | {
      readonly kind: 'objects';
      readonly type: Type;
      readonly variants: readonly Variant[];
      readonly tag: string | undefined;
    };

/** One of several classes that a field may hold, and the name by which its objects tell. */
export interface Variant {
  readonly name: string;
  readonly type: Type;
}

export interface FieldRule {
  /** The property that is read. */
  readonly key: string;
  /** The property that is written. */
  readonly name: string;
  /** Who sees it: everybody, or holders of one of the roles, or (besides) the owner. */
  readonly audience: 'everybody' | { readonly roles: readonly string[]; readonly owner: boolean };
  readonly content: Content;
  readonly transforms: readonly TransformNote[];
  /** True for an exposed method: its answer is the value. */
  readonly method: boolean;
}

export interface FieldPolicy {
  readonly type: Type;
  /** Hidden fields are absent. */
  readonly fields: readonly FieldRule[];
  /** The field that names the owner. Without one nobody is. */
  readonly ownerKey: string | undefined;
}

const policies = new WeakMap<Type, FieldPolicy>();
const decided = new WeakMap<Type, boolean>();

/** @throws TypeError when two fields are said to name the owner. */
export function policyOf(type: Type): FieldPolicy {
  let policy = policies.get(type);
  if (policy === undefined) policies.set(type, (policy = readPolicy(type)));
  return policy;
}

/**
 * Has somebody said, on the class itself, what of it may leave? Only then are its instances let out where no type is
 * declared. Asked at run time of whatever class comes along, so unlike `policyOf` it constructs nothing.
 */
export function hasOwnPolicy(type: Type): boolean {
  let answer = decided.get(type);
  if (answer === undefined) decided.set(type, (answer = marksOf(type).size > 0 || transformerDecides(type)));
  return answer;
}

/** The classes that can appear somewhere inside an object of this class, itself included. */
export function classesWithin(type: Type): ReadonlySet<Type> {
  const found = new Set([type]);
  for (const each of found) for (const inner of innerClasses(policyOf(each))) found.add(inner);
  return found;
}

/** Can an object of this class hold another one of it, at whatever depth? */
export function isRecursive(type: Type): boolean {
  return innerClasses(policyOf(type)).some((inner) => classesWithin(inner).has(type));
}

function innerClasses({ fields }: FieldPolicy): Type[] {
  return fields.flatMap(({ content }) =>
    content.kind === 'objects' ? [content.type, ...content.variants.map(({ type }) => type)] : [],
  );
}

function readPolicy(type: Type): FieldPolicy {
  const marks = marksOf(type);
  const owners = [...marks].filter(([, { ownerId }]) => ownerId).map(([key]) => key);
  if (owners.length > 1) {
    throw new TypeError(
      `${type.name}: @OwnerId() stands on ${owners.join(' and ')}. An object has one owner: leave it on one field.`,
    );
  }
  const excludeAll = excludesByDefault(type);
  const fields: FieldRule[] = [];
  for (const key of declaredFields(type)) {
    const mark = marks.get(key);
    const noted = transformerField(type, key);
    if (mark?.hidden || noted.excluded) continue;
    const roles = [...new Set([...(mark?.roles ?? []), ...noted.groups])];
    const owner = mark?.owner ?? false;
    if (excludeAll && !noted.exposed && roles.length === 0 && !owner) continue;
    fields.push({
      key,
      name: noted.name ?? key,
      audience: roles.length === 0 && !owner ? 'everybody' : { roles, owner },
      content: contentOf(type, key, mark?.nested),
      transforms: transformerTransforms(type, key),
      method: noted.exposed && isMethod(type, key),
    });
  }
  return { type, fields, ownerKey: owners[0] };
}

function contentOf(type: Type, key: string, nested: (() => Type) | undefined): Content {
  if (nested !== undefined) return { kind: 'objects', type: nested(), variants: [], tag: undefined };
  const note = transformerType(type, key);
  if (note?.typeFunction === undefined) return classify(notedType(type, key), false);
  const { discriminator } = note.options ?? {};
  const content = classify(note.typeFunction({ newObject: {}, object: {}, property: key }), true);
  if (content.kind !== 'objects' || discriminator === undefined) return content;
  const variants = discriminator.subTypes.map(({ name, value }) => ({ name, type: value }));
  return { ...content, variants, tag: discriminator.property };
}

/** Built-in classes that say nothing about fields. */
const BUILT_IN: ReadonlySet<unknown> = new Set<unknown>([
  Object,
  Array,
  Map,
  Set,
  Promise,
  Function,
  Symbol,
  String,
  Number,
  Boolean,
  BigInt,
  Date,
  RegExp,
  Error,
  Buffer,
]);

/** @param chosen whether somebody wrote the type on purpose, or the compiler noted it. */
function classify(type: unknown, chosen: boolean): Content {
  if (chosen && type === Object) return { kind: 'open' };
  if (chosen && (type === String || type === Number || type === Boolean)) {
    return { kind: 'converted', to: type as (value: unknown) => unknown };
  }
  if (typeof type !== 'function' || type.prototype === undefined || BUILT_IN.has(type)) return { kind: 'scalars' };
  // A class with a JSON form of its own and no word on its fields is a value: a decimal, an object id.
  const isValue = typeof (type.prototype as { toJSON?: unknown }).toJSON === 'function' && !hasOwnPolicy(type as Type);
  return isValue ? { kind: 'scalars' } : { kind: 'objects', type: type as Type, variants: [], tag: undefined };
}

function isMethod(type: Type, key: string): boolean {
  for (let proto: unknown = type.prototype; proto instanceof Object; proto = Object.getPrototypeOf(proto)) {
    const descriptor = Object.getOwnPropertyDescriptor(proto, key);
    if (descriptor !== undefined) return typeof descriptor.value === 'function';
  }
  return false;
}
