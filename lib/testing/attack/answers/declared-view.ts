/** What may a caller see of an answer, as its endpoint declares it? The list of fields as a tree that a body is laid on. */

import type { EndpointOutput } from '../../../inventory/endpoint.js';

type Fields = NonNullable<EndpointOutput['fields']>;

export interface FieldNode {
  /** `everybody`, `owner`, roles. */
  readonly audience: readonly string[];
  /** Empty: what is inside is not told. */
  readonly inner: FieldTree;
}

export type FieldTree = ReadonlyMap<string, FieldNode>;

/** One object of a body, and what is declared of it. */
export interface Sighting {
  /** `items[0].customer`, empty for the body itself. */
  readonly place: string;
  readonly object: Readonly<Record<string, unknown>>;
  readonly declared: FieldTree;
}

interface Growing {
  audience: readonly string[];
  readonly inner: Map<string, Growing>;
}

/** `items[].price`, `pet(cat).lives`: markers of lists and variants say where, and add nothing to the names. */
export function treeOf(fields: Fields): FieldTree {
  const root = new Map<string, Growing>();
  for (const [path, audience] of Object.entries(fields)) {
    let level = root;
    const names = path.split('.').map((part) => part.replace(/\([^)]*\)$/, '').replace(/\[\]$/, ''));
    for (const [index, name] of names.entries()) {
      let node = level.get(name);
      if (node === undefined) level.set(name, (node = { audience: [], inner: new Map() }));
      // Variants of one name: whoever may see one of them may see it.
      if (index === names.length - 1) node.audience = [...new Set([...node.audience, ...audience])];
      level = node.inner;
    }
  }
  return root;
}

/** Where the same class comes again, `<UserView>` stands for it: what is in there is declared elsewhere. */
const AGAIN = /^<.*>$/;

/** Every object of a body that something is declared of, lists and maps of them included. */
export function* sightings(body: unknown, declared: FieldTree, place = ''): Generator<Sighting> {
  if (typeof body !== 'object' || body === null || declared.size === 0) return;
  if ([...declared.keys()].some((name) => AGAIN.test(name))) return;
  if (Array.isArray(body)) {
    for (const [index, item] of body.entries()) yield* sightings(item, declared, `${place}[${index}]`);
    return;
  }
  const object = body as Readonly<Record<string, unknown>>;
  const names = Object.keys(object);
  if (isMapOfObjects(object, declared)) {
    for (const name of names) yield* sightings(object[name], declared, joined(place, name));
    return;
  }
  yield { place, object, declared };
  for (const name of names) {
    const node = declared.get(name);
    if (node !== undefined) yield* sightings(object[name], node.inner, joined(place, name));
  }
}

/** Keys that nobody declared over objects that somebody did. The answer itself is never one. */
function isMapOfObjects(object: Readonly<Record<string, unknown>>, declared: FieldTree): boolean {
  const entries = Object.entries(object);
  return (
    entries.length > 0 &&
    entries.every(([name, value]) => {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject && !declared.has(name) && Object.keys(value).some((key) => declared.has(key));
    })
  );
}

export function joined(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`;
}
