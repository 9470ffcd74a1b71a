/** Which fields does a class declare, and of what type are they? Asked of the class itself and of the decorators on it. */

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { marksOf } from './visible-to.decorator.js';
import { transformerKeys } from './transformer-metadata.js';

/** Keys that reach a prototype instead of a field. They are never copied. */
export const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Every field that a class declares, in the order of the class body where that is known. */
export function declaredFields(type: Type): readonly string[] {
  const keys = new Set([
    ...bodyFields(type),
    ...marksOf(type).keys(),
    ...transformerKeys(type),
    ...validatedFields(type),
    ...documentedFields(type),
  ]);
  return [...keys].filter((key) => !PROTOTYPE_KEYS.has(key));
}

/** The type that the compiler or the API documentation notes for a field, where one does. */
export function notedType(type: Type, key: string): unknown {
  const prototype = type.prototype as object;
  const documented = Reflect.getMetadata('swagger/apiModelProperties', prototype, key) as
    { type?: unknown } | undefined;
  return unwrap(documented?.type) ?? Reflect.getMetadata('design:type', prototype, key);
}

/** Class fields are keys of an instance. A class that cannot be made without arguments shows only its decorated fields. */
function bodyFields(type: Type): string[] {
  try {
    return Object.keys(new type() as object);
  } catch {
    return [];
  }
}

interface ValidatorStorage {
  getTargetValidationMetadatas(
    type: Type,
    schema: string,
    always: boolean,
    strictGroups: boolean,
  ): { propertyName: string }[];
}

/** class-validator keeps what it knows in a global of its own, so it need not be loaded to be asked. */
function validatedFields(type: Type): string[] {
  const storage = (globalThis as { classValidatorMetadataStorage?: ValidatorStorage }).classValidatorMetadataStorage;
  return storage?.getTargetValidationMetadatas(type, '', true, false).map(({ propertyName }) => propertyName) ?? [];
}

/** `@ApiProperty()` of @nestjs/swagger writes `:name` for each property. */
function documentedFields(type: Type): string[] {
  const names = Reflect.getMetadata('swagger/apiModelPropertiesArray', type.prototype as object) as
    string[] | undefined;
  return names?.map((name) => (name.startsWith(':') ? name.slice(1) : name)) ?? [];
}

/** Swagger takes a class, a list of one, or a function that answers either. */
function unwrap(noted: unknown): unknown {
  if (Array.isArray(noted)) return noted.length === 1 ? unwrap(noted[0]) : undefined;
  if (typeof noted !== 'function') return undefined;
  return noted.prototype === undefined ? unwrap((noted as () => unknown)()) : noted;
}
