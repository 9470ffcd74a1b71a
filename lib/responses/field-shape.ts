/** Copies what a viewer may see of an object: the policy of its class, compiled once per class and combination of roles. */

import type { Type } from '@nestjs/common';
import { classesWithin, isRecursive, policyOf, type Content, type FieldRule, type Variant } from './field-policy.js';
import { openCopy, scalarsOf } from './loose-copy.js';
import { collect, collectList, convert, isCollection, scalarOf, type Plain } from './plain-value.js';
import { CLASS_TO_PLAIN, type TransformNote } from './transformer-metadata.js';
import type { Viewer } from './viewer.js';

type Source = Readonly<Record<string, unknown>>;

/** Makes plain data of one value. Undefined: it does not leave. */
type Read = (value: unknown, source: Source, viewer: Viewer) => unknown;

interface Field {
  readonly key: string;
  readonly name: string;
  /** Text, numbers and booleans leave as they are. */
  readonly direct: boolean;
  readonly read: Read;
}

/** One class as one combination of roles sees it. */
export class FieldShape {
  /** What everybody with these roles sees. */
  fields: readonly Field[] = [];
  /** What the owner sees besides. The very same list where that makes no difference. */
  ownerFields: readonly Field[] = [];

  constructor(
    readonly prototype: object,
    private readonly ownerKey: string | undefined,
    /** True where an object can contain one of its own class: then circles are watched for. */
    private readonly recursive: boolean,
  ) {}

  /** A whole answer: one object of the class, or many. What is none of them does not leave. */
  answer(value: unknown, viewer: Viewer): unknown {
    // Lists can be long, so the outermost one goes without a watch for circles: it cannot be inside one of its items.
    if (Array.isArray(value)) return collectList(value, (item) => objectsOf(item, this, viewer, nullOnly));
    return objectsOf(value, this, viewer, nullOnly);
  }

  /** @param watched whether the object could turn up inside itself. */
  project(source: object, viewer: Viewer, watched = this.recursive): Plain | undefined {
    if (!watched) return this.#copy(source as Source, viewer);
    if (!viewer.enter(source)) return undefined;
    const copy = this.#copy(source as Source, viewer);
    viewer.leave();
    return copy;
  }

  #copy(source: Source, viewer: Viewer): Plain {
    const fields = this.ownerFields !== this.fields && this.#isOwner(source, viewer) ? this.ownerFields : this.fields;
    const copy: Plain = {};
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index]!;
      const value = source[field.key];
      if (field.direct && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')) {
        copy[field.name] = value;
      } else if (value !== undefined || !field.direct) {
        const plain = field.read(value, source, viewer);
        if (plain !== undefined) copy[field.name] = plain;
      }
    }
    return copy;
  }

  #isOwner(source: Source, viewer: Viewer): boolean {
    if (viewer.owns !== undefined) return viewer.owns;
    // The viewer's id is text or undefined, so an owner id of another type is nobody's.
    return viewer.id !== undefined && this.ownerKey !== undefined && source[this.ownerKey] === viewer.id;
  }
}

/** The shapes of one class, by which of the roles that matter to it the viewer holds. */
interface Family {
  readonly roles: readonly string[];
  readonly shapes: Map<number | string, FieldShape>;
}

const families = new WeakMap<Type, Family>();

/** The roles that make a difference to what leaves of a class, or of anything inside it. */
export function rolesOf(type: Type): readonly string[] {
  return familyOf(type).roles;
}

export function shapeFor(type: Type, roles: ReadonlySet<string>): FieldShape {
  const family = familyOf(type);
  const mask = maskOf(family.roles, roles);
  const known = family.shapes.get(mask);
  if (known !== undefined) return known;
  const { ownerKey, fields } = policyOf(type);
  const shape = new FieldShape(type.prototype as object, ownerKey, isRecursive(type));
  // Known before it is complete: a class may contain itself.
  family.shapes.set(mask, shape);
  const compiled = fields.map((rule) => ({ rule, field: compileField(rule, roles) }));
  const seen = compiled.filter(({ rule }) => isVisible(rule, roles, false));
  const owned = compiled.filter(({ rule }) => isVisible(rule, roles, true));
  shape.fields = seen.map(({ field }) => field);
  shape.ownerFields = owned.length === seen.length ? shape.fields : owned.map(({ field }) => field);
  return shape;
}

function familyOf(type: Type): Family {
  let family = families.get(type);
  if (family === undefined) {
    const roles = new Set<string>();
    for (const each of classesWithin(type)) {
      for (const { audience, transforms } of policyOf(each).fields) {
        if (audience !== 'everybody') for (const role of audience.roles) roles.add(role);
        for (const { options } of transforms) for (const role of options?.groups ?? []) roles.add(role);
      }
    }
    families.set(type, (family = { roles: [...roles], shapes: new Map() }));
  }
  return family;
}

/** One bit per role that matters. A double counts exactly up to 53 of them; beyond, text does. */
function maskOf(relevant: readonly string[], held: ReadonlySet<string>): number | string {
  if (relevant.length > 53) return relevant.map((role) => (held.has(role) ? '1' : '0')).join('');
  let mask = 0;
  for (let index = 0; index < relevant.length; index++) mask = mask * 2 + (held.has(relevant[index]!) ? 1 : 0);
  return mask;
}

function isVisible({ audience }: FieldRule, roles: ReadonlySet<string>, owner: boolean): boolean {
  if (audience === 'everybody') return true;
  return (owner && audience.owner) || audience.roles.some((role) => roles.has(role));
}

function compileField(rule: FieldRule, roles: ReadonlySet<string>): Field {
  const { key, name, content, method } = rule;
  const transforms = rule.transforms.filter(({ options }) => applies(options, roles));
  let read = compileContent(content, roles);
  if (transforms.length > 0) read = afterTransforms(transforms, key, read);
  if (method) read = afterCall(read);
  return { key, name, read, direct: transforms.length === 0 && !method && content.kind !== 'converted' };
}

function applies(options: TransformNote['options'], roles: ReadonlySet<string>): boolean {
  const groups = options?.groups ?? [];
  return groups.length === 0 || groups.some((group) => roles.has(group));
}

function compileContent(content: Content, roles: ReadonlySet<string>): Read {
  switch (content.kind) {
    case 'scalars':
      return (value, _source, viewer) => scalarsOf(value, viewer, byOwnPolicy);
    case 'open':
      return (value, _source, viewer) => openCopy(value, viewer, byOwnPolicy);
    case 'converted': {
      const { to } = content;
      return (value) => convert(value, to);
    }
    case 'objects': {
      const shape =
        content.tag === undefined ? shapeFor(content.type, roles) : new TaggedShapes(content, content.tag, roles);
      // Scalars in the place of objects are references to them, or what a transform made of them.
      return (value, _source, viewer) => objectsOf(value, shape, viewer, scalarOf);
    }
    default:
      return content satisfies never;
  }
}

function afterTransforms(transforms: readonly TransformNote[], key: string, read: Read): Read {
  return (before, source, viewer) => {
    let value = before;
    for (const { transformFn } of transforms) {
      value = transformFn({ value, key, obj: source, type: CLASS_TO_PLAIN, options: viewer.groups });
    }
    return read(value, source, viewer);
  };
}

function afterCall(read: Read): Read {
  return (value, source, viewer) =>
    read(typeof value === 'function' ? (value as () => unknown).call(source) : value, source, viewer);
}

interface Projecting {
  readonly prototype: object;
  project(source: object, viewer: Viewer): Plain | undefined;
}

/** A field that holds objects of several classes, told apart by class or by their tag. */
class TaggedShapes implements Projecting {
  readonly prototype: object;
  readonly #variants: readonly (Variant & { readonly shape: FieldShape })[];
  readonly #otherwise: FieldShape;

  constructor(
    content: Extract<Content, { kind: 'objects' }>,
    private readonly tag: string,
    roles: ReadonlySet<string>,
  ) {
    this.prototype = content.type.prototype as object;
    this.#otherwise = shapeFor(content.type, roles);
    this.#variants = content.variants.map((variant) => ({ ...variant, shape: shapeFor(variant.type, roles) }));
  }

  project(source: object, viewer: Viewer): Plain | undefined {
    const tag = (source as Source)[this.tag];
    const found =
      this.#variants.find(({ type }) => source instanceof type) ?? this.#variants.find(({ name }) => name === tag);
    const copy = (found?.shape ?? this.#otherwise).project(source, viewer);
    if (copy !== undefined && found !== undefined) copy[this.tag] = found.name;
    return copy;
  }
}

/** Objects of a class, or lists, sets and maps of them. `otherwise` decides over what stands in their place. */
function objectsOf(value: unknown, shape: Projecting, viewer: Viewer, otherwise: (value: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return otherwise(value);
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === shape.prototype || prototype === Object.prototype) return shape.project(value, viewer);
  if (value instanceof Date) return otherwise(value);
  if (!isCollection(value)) return shape.project(value, viewer);
  return collect(value, viewer, (item) => objectsOf(item, shape, viewer, otherwise));
}

function nullOnly(value: unknown): null | undefined {
  return value === null ? null : undefined;
}

/** An instance by the policy of its own class. It may turn up inside itself, since no declaration tells where it can be. */
export function byOwnPolicy(value: object, type: Type, viewer: Viewer): Plain | undefined {
  return shapeFor(type, viewer.roles).project(value, viewer, true);
}
