/** Which fields may a client send, at every depth? Of a class by class-validator, of a schema by what it tells of itself. */

import 'reflect-metadata';
import { createRequire } from 'node:module';
import type { Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { compareText } from './text-order.js';

/** `note`, `address.city`, `items[].price`: sorted. Empty where nothing is known. */
export function classFields(type: Type): readonly string[] {
  return listed(type, '', new Set(), fieldsOfClass);
}

/** The same of a schema: by its JSON Schema where it has one, else by the shape that zod, yup, valibot and others keep. */
export function schemaFields(schema: unknown): readonly string[] {
  const described = jsonSchemaOf(schema);
  return described === undefined
    ? listed(schema, '', new Set(), fieldsOfShape)
    : listed(described, '', new Set(), fieldsOfJsonSchema(described));
}

interface Field {
  readonly name: string;
  /** What is inside, where that has fields. */
  readonly inner?: unknown;
}

/** A thing is opened once: what refers to itself, or comes twice, ends there. */
function listed(
  thing: unknown,
  prefix: string,
  seen: Set<unknown>,
  fieldsOf: (thing: unknown) => readonly Field[],
): string[] {
  if (thing === undefined || seen.has(thing)) return [];
  seen.add(thing);
  const found = fieldsOf(thing).flatMap(({ name, inner }) => [
    `${prefix}${name}`,
    ...listed(inner, `${prefix}${name}.`, seen, fieldsOf),
  ]);
  return [...new Set(found)].sort(compareText);
}

function fieldsOfClass(type: unknown): readonly Field[] {
  const notes = getMetadataStorage().getTargetValidationMetadatas(type as Type, '', true, false);
  return [...new Set(notes.map(({ propertyName }) => propertyName))].sort(compareText).map((key) => {
    const noted: unknown = Reflect.getMetadata('design:type', (type as Type).prototype as object, key);
    const inner = transformer?.findTypeMetadata(type as Type, key)?.typeFunction?.() ?? noted;
    if (!hasFields(inner)) return { name: key };
    return { name: noted === Array ? `${key}[]` : key, inner };
  });
}

function hasFields(type: unknown): boolean {
  const isClass = typeof type === 'function' && type.prototype !== undefined;
  return isClass && getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0;
}

type Bag = Readonly<Record<string, unknown>>;

/** Standard JSON Schema: `schema['~standard'].jsonSchema.input()`. A schema that cannot be told so has none. */
function jsonSchemaOf(schema: unknown): Bag | undefined {
  const standard = (schema as { readonly '~standard'?: Bag })['~standard'];
  const converter = standard?.['jsonSchema'] as { input?(options: object): unknown } | undefined;
  try {
    const made = converter?.input?.({ target: 'draft-2020-12' });
    return isBag(made) ? made : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOfJsonSchema(root: Bag): (schema: unknown) => readonly Field[] {
  const resolved = (schema: Bag): Bag => {
    const reference = schema['$ref'];
    if (typeof reference !== 'string' || !reference.startsWith('#')) return schema;
    const target = reference
      .split('/')
      .slice(1)
      .reduce<unknown>((at, step) => (isBag(at) ? at[step] : undefined), root);
    return isBag(target) ? target : {};
  };
  return function fieldsOf(schema: unknown): readonly Field[] {
    const { properties, ...others } = resolved(schema as Bag);
    const branches = ['allOf', 'anyOf', 'oneOf'].flatMap(
      (key) => (others[key] as readonly unknown[] | undefined) ?? [],
    );
    return [
      ...Object.entries(isBag(properties) ? properties : {}).map(([name, value]) => {
        const field = resolved(isBag(value) ? value : {});
        return isBag(field['items']) ? { name: `${name}[]`, inner: resolved(field['items']) } : { name, inner: field };
      }),
      ...branches.filter(isBag).flatMap((branch) => fieldsOf(branch)),
    ];
  };
}

/** `shape` of zod, `fields` of yup, `entries` of valibot. */
function fieldsOfShape(schema: unknown): readonly Field[] {
  const { shape, fields, entries } = schema as Bag;
  const inside = [shape, fields, entries].find(isBag);
  return Object.entries(inside ?? {}).map(([name, value]) => {
    const { inner, isList } = opened(value);
    return { name: isList ? `${name}[]` : name, ...(inner !== undefined && { inner }) };
  });
}

/** Deep enough for a list of optional objects with a default. */
const WRAPPINGS = 8;

/** What stands inside of optional, nullable, a default and a list. */
function opened(value: unknown): { inner: unknown; isList: boolean } {
  let isList = false;
  let inner = value;
  for (let left = WRAPPINGS; left > 0 && isBag(inner); left--) {
    const { element, item, wrapped, innerType, def } = inner;
    const next: unknown = element ?? item ?? wrapped ?? innerType ?? (isBag(def) ? def['innerType'] : undefined);
    if (!isBag(next)) break;
    isList ||= element !== undefined || item !== undefined;
    inner = next;
  }
  return { inner: isBag(inner) ? inner : undefined, isList };
}

function isBag(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface TypeNotes {
  findTypeMetadata(type: Type, key: string): { readonly typeFunction?: () => unknown } | undefined;
}

const transformer = loadTransformer();

/** What `@Type()` noted. The package need not be installed. */
function loadTransformer(): TypeNotes | undefined {
  const require = createRequire(import.meta.url);
  try {
    return (require('class-transformer/cjs/storage.js') as { defaultMetadataStorage: TypeNotes })
      .defaultMetadataStorage;
  } catch {
    return undefined;
  }
}
