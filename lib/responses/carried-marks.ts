/** How do marks reach the classes that `PickType()` and its siblings make? Noted a second time, where those copy from. */

import type { Type } from '@nestjs/common';
import { agree, type FieldMark } from './field-mark.js';
import { addTransform, ownTransforms, type TransformNote } from './transformer-metadata.js';

/**
 * A key of the note that is copied with it. Classes that `PickType()`, `OmitType()`, `PartialType()` and `IntersectionType()` make extend
 * nothing: they copy what class-transformer noted of each field.
 */
const CARRIED = Symbol('bulwark:carried-mark');

interface CarriedNote extends TransformNote {
  [CARRIED]?: { readonly prototype: object; readonly mark: FieldMark };
}

/** For class-transformer a rule of a group that nobody asks for, on the way in: it is never run. */
const INERT = Object.freeze({
  transformFn: ({ value }: { readonly value: unknown }) => value,
  options: Object.freeze({ toClassOnly: true, groups: Object.freeze(['bulwark:field-mark']) }),
});

/** Notes the mark of a field where mapped types will copy it from. The last word of a class counts. */
export function carry(prototype: object, key: string, mark: FieldMark): void {
  const type = prototype.constructor as Type;
  const notes = (ownTransforms(type).get(key) ?? []) as readonly CarriedNote[];
  const own = notes.find((note) => note[CARRIED]?.prototype === prototype);
  if (own !== undefined) own[CARRIED] = { prototype, mark };
  else addTransform(type, key, { ...INERT, [CARRIED]: { prototype, mark } } as CarriedNote);
}

/**
 * The marks that a mapped type was made with. Empty for every other class. Where two classes that have nothing to do with each other
 * say different things of a field, `disputed` says which, and it has to be said anew.
 */
export function carriedMarks(prototype: object): ReadonlyMap<string, { mark: FieldMark; disputed?: string }> {
  const marks = new Map<string, { mark: FieldMark; disputed?: string }>();
  for (const [key, notes] of ownTransforms(prototype.constructor as Type)) {
    let nearest: { readonly prototype: object; readonly mark: FieldMark } | undefined;
    let hidden = false;
    let disputed: string | undefined;
    for (const { [CARRIED]: carried } of notes as readonly CarriedNote[]) {
      if (carried === undefined || carried.prototype === prototype) continue;
      hidden ||= carried.mark.hidden;
      nearest ??= carried;
      const inherits = Object.prototype.isPrototypeOf.call(carried.prototype, nearest.prototype);
      if (inherits || carried === nearest || agree(carried.mark, nearest.mark)) continue;
      disputed = `${nearest.prototype.constructor.name} and ${carried.prototype.constructor.name}`;
    }
    if (nearest === undefined) continue;
    marks.set(key, { mark: { ...nearest.mark, hidden }, ...(disputed !== undefined && { disputed }) });
  }
  return marks;
}
