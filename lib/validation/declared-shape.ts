/** What does a handler declare a parameter to be? A schema, a class with rules, a primitive, or nothing at all. */

import type { ArgumentMetadata, Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';

export type StandardSchema = NonNullable<ArgumentMetadata['schema']>;

/** What TypeScript writes for interfaces, unions, `any`, lists and the types of the language: no shape to hold input to. */
const SHAPELESS: ReadonlySet<unknown> = new Set([
  Object,
  Array,
  Date,
  Buffer,
  BigInt,
  Symbol,
  Map,
  Set,
  Promise,
  Function,
]);

/** A class of the app's own, as opposed to a primitive or something without a shape. */
export function isDtoClass(type: unknown): type is Type {
  return typeof type === 'function' && !SHAPELESS.has(type) && type !== String && type !== Number && type !== Boolean;
}

/** The schema a class carries: `static schema`, as libraries that make classes from schemas do, or the class itself. */
export function schemaOfClass(type: unknown): StandardSchema | undefined {
  if (typeof type !== 'function') return undefined;
  if (isStandardSchema(type)) return type;
  const { schema } = type as { schema?: unknown };
  return isStandardSchema(schema) ? schema : undefined;
}

/** Has anybody written a class-validator rule for this class or one that it extends? */
export function hasRules(type: Type): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0;
}

function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard = (value as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
}
