/** What have class-transformer's decorators noted about a class? The one typed look into its storage. */

import { createRequire } from 'node:module';
import type { Type } from '@nestjs/common';

interface DirectionOptions {
  readonly toClassOnly?: boolean;
  readonly toPlainOnly?: boolean;
}

interface ExposeOptions extends DirectionOptions {
  readonly name?: string;
  readonly groups?: readonly string[];
}

interface TransformOptions extends DirectionOptions {
  readonly groups?: readonly string[];
}

/** A note on a field, or on the class itself where `propertyName` is undefined. */
interface Note<Options> {
  readonly propertyName: string | undefined;
  readonly options?: Options;
}

/** What `@Type()` says. */
export interface TypeNote {
  readonly typeFunction?: (help: { newObject: object; object: object; property: string }) => unknown;
  readonly options?: {
    readonly discriminator?: {
      readonly property: string;
      readonly subTypes: readonly { readonly name: string; readonly value: Type }[];
    };
  };
}

/** What `@Transform()` says. */
export interface TransformNote {
  readonly transformFn: (call: {
    value: unknown;
    key: string;
    obj: object;
    type: number;
    options: { groups: readonly string[] };
  }) => unknown;
  readonly options?: TransformOptions;
}

/** The storage's own shape, of which no types are shipped. Written against class-transformer 0.5. */
interface Storage {
  getExposedMetadatas(type: Type): Note<ExposeOptions>[];
  getExcludedMetadatas(type: Type): Note<DirectionOptions>[];
  findExposeMetadata(type: Type, key: string): Note<ExposeOptions> | undefined;
  findExcludeMetadata(type: Type, key: string): Note<DirectionOptions> | undefined;
  findTypeMetadata(type: Type, key: string): TypeNote | undefined;
  findTransformMetadatas(type: Type, key: string, direction: number): TransformNote[];
  getStrategy(type: Type): 'none' | 'excludeAll' | 'exposeAll';
  addTransformMetadata(note: TransformNote & { readonly target: Type; readonly propertyName: string }): void;
  readonly _transformMetadatas: ReadonlyMap<Type, ReadonlyMap<string, readonly TransformNote[]>>;
}

/** `TransformationType.CLASS_TO_PLAIN` */
export const CLASS_TO_PLAIN = 1;

/** What class-transformer knows of one field on its way out. */
export interface TransformerField {
  readonly excluded: boolean;
  readonly exposed: boolean;
  readonly name?: string;
  readonly groups: readonly string[];
}

/** Fields with a word of class-transformer on them, inherited ones included. */
export function transformerKeys(type: Type): string[] {
  if (storage === undefined) return [];
  const notes = [...storage.getExposedMetadatas(type), ...storage.getExcludedMetadatas(type)];
  return notes.flatMap(({ propertyName }) => (propertyName === undefined ? [] : [propertyName]));
}

export function transformerField(type: Type, key: string): TransformerField {
  const exposed = storage?.findExposeMetadata(type, key);
  const excluded = storage?.findExcludeMetadata(type, key);
  return {
    // A field that is exposed for the way in only is not meant for the way out.
    excluded:
      (excluded !== undefined && outward(excluded.options)) || (exposed !== undefined && !outward(exposed.options)),
    exposed: exposed !== undefined && outward(exposed.options),
    ...(exposed?.options?.name !== undefined && { name: exposed.options.name }),
    groups: exposed?.options?.groups ?? [],
  };
}

/** True where `@Exclude()` stands on the class: only what is exposed by name leaves. The nearest class decides. */
export function excludesByDefault(type: Type): boolean {
  for (const each of lineage(type)) {
    const strategy = storage?.getStrategy(each) ?? 'none';
    if (strategy !== 'none') return strategy === 'excludeAll';
  }
  return false;
}

/** Has somebody said with `@Expose()` or `@Exclude()` what may leave? */
export function transformerDecides(type: Type): boolean {
  if (storage === undefined) return false;
  return transformerKeys(type).length > 0 || lineage(type).some((each) => storage.getStrategy(each) !== 'none');
}

export function transformerType(type: Type, key: string): TypeNote | undefined {
  return storage?.findTypeMetadata(type, key);
}

export function transformerTransforms(type: Type, key: string): readonly TransformNote[] {
  return storage?.findTransformMetadatas(type, key, CLASS_TO_PLAIN) ?? [];
}

/** The notes on the fields of this very class, whatever their direction. */
export function ownTransforms(type: Type): ReadonlyMap<string, readonly TransformNote[]> {
  return storage?._transformMetadatas.get(type) ?? NO_NOTES;
}

const NO_NOTES: ReadonlyMap<string, readonly TransformNote[]> = new Map();

export function addTransform(target: Type, propertyName: string, note: TransformNote): void {
  storage?.addTransformMetadata({ ...note, target, propertyName });
}

/** The class and what it extends, nearest first. */
function lineage(type: Type): Type[] {
  const found: Type[] = [];
  for (
    let each: unknown = type;
    typeof each === 'function' && each !== Function.prototype;
    each = Object.getPrototypeOf(each)
  ) {
    found.push(each as Type);
  }
  return found;
}

function outward(options: DirectionOptions | undefined): boolean {
  return options?.toClassOnly !== true || options.toPlainOnly === true;
}

const storage = loadStorage();

/**
 * Loads the storage that the app's decorators write to. Absent package: nobody can have written anything.
 * A package whose storage cannot be reached is an error: going on would let everything out that it says to exclude.
 */
function loadStorage(): Storage | undefined {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('class-transformer');
  } catch {
    return undefined;
  }
  return (require('class-transformer/cjs/storage.js') as { defaultMetadataStorage: Storage }).defaultMetadataStorage;
}
