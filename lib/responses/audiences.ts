/** Who sees which field of an answer, at every depth? `customer.email` → `['owner']`, `items[].price` → `['everybody']`. */

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { policyOf, type FieldRule } from './field-policy.js';

/** A class is opened where it appears first: further down, and where it comes again, `customer.<UserView>` stands for it. */
export function audiencesWithin(type: Type): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  const seen = new Set([type]);
  // Breadth first, so that a class is opened at its shortest path.
  const open: { readonly type: Type; readonly prefix: string }[] = [{ type, prefix: '' }];
  for (const { type: each, prefix } of open) {
    for (const rule of policyOf(each).fields) {
      const audience = audienceOf(rule);
      const path = `${prefix}${rule.name}${rule.content.kind === 'objects' && isList(each, rule.key) ? '[]' : ''}`;
      found[path] = audience;
      for (const inner of innerOf(rule)) {
        const place = inner.tag === undefined ? path : `${path}(${inner.tag})`;
        if (seen.has(inner.type)) found[`${place}.<${inner.type.name}>`] = audience;
        else open.push({ type: inner.type, prefix: `${place}.` });
        seen.add(inner.type);
      }
    }
  }
  return found;
}

function audienceOf({ audience }: FieldRule): readonly string[] {
  return audience === 'everybody' ? ['everybody'] : [...(audience.owner ? ['owner'] : []), ...audience.roles];
}

function innerOf({ content }: FieldRule): readonly { readonly type: Type; readonly tag?: string }[] {
  if (content.kind !== 'objects') return [];
  return [{ type: content.type }, ...content.variants.map(({ type, name }) => ({ type, tag: name }))];
}

/** By what the compiler noted. */
function isList(type: Type, key: string): boolean {
  return Reflect.getMetadata('design:type', type.prototype as object, key) === Array;
}
