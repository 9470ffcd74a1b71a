/** What does a class with class-validator rules take? Told as a JSON Schema. */

import 'reflect-metadata';
import { createRequire } from 'node:module';
import type { Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { schemaOfRule } from './class-rules.js';
import type { JsonSchema } from './json-schema.js';

type Rule = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** Classes within classes: what is deeper is left out. */
const DEEPEST = 6;

/** Undefined: the class has no rules, so nothing vouches for any field of it. */
export function schemaOfClassRules(type: Type, depth = 0): JsonSchema | undefined {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  if (rules.length === 0 || depth > DEEPEST) return undefined;
  const fields = [...new Set(rules.map(({ propertyName }) => propertyName))].map((name) => {
    const own = rules.filter(({ propertyName }) => propertyName === name);
    return { name, schema: fieldSchema(type, name, own, depth), isRequired: !mayBeAbsent(own) };
  });
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    required: fields.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    additionalProperties: false,
  };
}

function fieldSchema(type: Type, name: string, rules: readonly Rule[], depth: number): JsonSchema {
  const noted: unknown = Reflect.getMetadata('design:type', type.prototype as object, name);
  const ofEach = rules.filter(({ each, type: kind }) => each && kind !== 'nestedValidation');
  const ofWhole = rules.filter(({ each, type: kind }) => !each && kind !== 'nestedValidation');
  const nested = rules.find(({ type: kind }) => kind === 'nestedValidation');
  const inner = nested && nestedSchema(type, name, noted, depth);
  const isList = nested?.each === true || ofEach.length > 0 || noted === Array;
  const whole = merged(ofWhole);
  if (!isList) return inner ? { ...inner, ...whole, type: 'object' } : { ...byNotedType(noted), ...whole };
  return { ...whole, type: 'array', items: inner ?? merged(ofEach) };
}

/** `@Type(() => Item)`, else the class that the compiler noted. */
function nestedSchema(type: Type, name: string, noted: unknown, depth: number): JsonSchema | undefined {
  const inner = transformer?.findTypeMetadata(type, name)?.typeFunction?.() ?? noted;
  return typeof inner === 'function' && inner !== Array ? schemaOfClassRules(inner as Type, depth + 1) : undefined;
}

function merged(rules: readonly Rule[]): JsonSchema {
  return rules.reduce<JsonSchema>(
    (sum, { name, constraints }) => ({ ...sum, ...schemaOfRule(name ?? '', constraints ?? []) }),
    {},
  );
}

function byNotedType(noted: unknown): JsonSchema {
  if (noted === Number) return { type: 'number' };
  if (noted === Boolean) return { type: 'boolean' };
  if (noted === String) return { type: 'string' };
  return noted === Date ? { type: 'string', format: 'date-time' } : {};
}

/** `@IsOptional()`, `@Optional()` and other conditions that an absent value does not meet; fields that are only allowed. */
function mayBeAbsent(rules: readonly Rule[]): boolean {
  if (rules.every(({ type }) => type === 'whitelistValidation')) return true;
  return rules.some(({ type, constraints }) => type === 'conditionalValidation' && !asks(constraints?.[0]));
}

function asks(condition: unknown): boolean {
  try {
    return (condition as (object: object, value: unknown) => boolean)({}, undefined);
  } catch {
    return true;
  }
}

interface TypeNotes {
  findTypeMetadata(type: Type, key: string): { readonly typeFunction?: () => unknown } | undefined;
}

const transformer = loadTransformer();

/** What `@Type()` noted. class-transformer does not export it. */
function loadTransformer(): TypeNotes | undefined {
  try {
    const load = createRequire(import.meta.url);
    return (load('class-transformer/cjs/storage.js') as { defaultMetadataStorage: TypeNotes }).defaultMetadataStorage;
  } catch {
    return undefined;
  }
}
