/** Which value does a JSON Schema take? The smallest one, with optional fields left out: the same for the same seed. */

import type { JsonSchema } from './json-schema.js';
import { textMatching } from './pattern-text.js';

/** Schemas within schemas: what is deeper is left out. */
const DEEPEST = 8;

/** As good as can be made: whether it is good enough is for the class or schema itself to say. */
export function valueOf(schema: JsonSchema, seed: number): unknown {
  const state = { left: seed >>> 0 };
  return new Maker(schema, (of) => random(state) % of).make(schema, 0);
}

/** Mulberry32, by Tommy Ettinger, in the public domain. */
function random(state: { left: number }): number {
  state.left = (state.left + 0x6d2b79f5) >>> 0;
  let mixed = state.left;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

class Maker {
  constructor(
    private readonly root: JsonSchema,
    private readonly pick: (of: number) => number,
  ) {}

  make(given: JsonSchema, depth: number): unknown {
    const schema = this.#whole(given);
    if ('const' in schema) return schema.const;
    if (schema.enum !== undefined) return schema.enum[0];
    if (schema.examples !== undefined) return schema.examples[0];
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#list(schema, depth);
      case 'integer':
      case 'number':
        return numberIn(schema);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return this.#text(schema);
    }
  }

  /** References followed, parts put together, the first of several ways taken. */
  #whole({ $ref, allOf, anyOf, oneOf, ...own }: JsonSchema, left = DEEPEST): JsonSchema {
    if (left === 0) return own;
    const parts = [...($ref === undefined ? [] : [referred(this.root, $ref)]), ...(allOf ?? [])];
    const [way] = [...(anyOf ?? []), ...(oneOf ?? [])];
    return [...parts, ...(way ? [way] : [])].reduce((sum, part) => joined(sum, this.#whole(part, left - 1)), own);
  }

  #object({ properties = {}, required = [] }: JsonSchema, depth: number): Record<string, unknown> {
    if (depth > DEEPEST) return {};
    const names = required.filter((name) => Object.hasOwn(properties, name));
    return Object.fromEntries(names.map((name) => [name, this.make(properties[name]!, depth + 1)]));
  }

  #list({ items, minItems = 0, uniqueItems = false }: JsonSchema, depth: number): unknown[] {
    if (depth > DEEPEST || items === undefined) return [];
    const made = Array.from({ length: Math.min(minItems, 100) }, () => this.make(items, depth + 1));
    const values = items.enum;
    return uniqueItems && values !== undefined ? values.slice(0, minItems) : made;
  }

  #text({ format, pattern, patternFlags = '', minLength = 0, maxLength }: JsonSchema): string {
    const least = Math.max(minLength, Math.min(8, maxLength ?? 8));
    const made = format === undefined ? undefined : this.#formatted(format);
    if (made !== undefined) return made;
    if (pattern !== undefined) {
      const text = textOf(pattern, patternFlags, this.pick, { least: minLength, most: maxLength });
      if (text !== undefined) return text;
    }
    return Array.from({ length: least }, () => 'abcdefghijklmnopqrstuvwxyz'[this.pick(26)]).join('');
  }

  #formatted(format: string): string | undefined {
    if (format === 'email') return `attack-kit-${this.pick(1_000_000)}@attack-kit.invalid`;
    if (format === 'uuid') return `0badc0de-0000-4000-8000-${String(this.pick(1_000_000)).padStart(12, '0')}`;
    return FORMATS[format];
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  // RFC 6761 §6.4: nobody is at `.invalid`, so an app that asks for it asks nobody.
  uri: 'https://attack-kit.invalid/',
  url: 'https://attack-kit.invalid/',
  hostname: 'attack-kit.invalid',
  'date-time': '2026-01-02T03:04:05.000Z',
  date: '2026-01-02',
  time: '03:04:05',
  duration: 'P1D',
  ipv4: '203.0.113.7',
  ipv6: '2001:db8::7',
};

function textOf(
  pattern: string,
  flags: string,
  pick: (of: number) => number,
  bounds: { readonly least?: number; readonly most?: number | undefined },
): string | undefined {
  try {
    return textMatching(new RegExp(pattern, flags), pick, bounds);
  } catch {
    return undefined;
  }
}

function typeOf({ type, properties, items }: JsonSchema): string | undefined {
  const one = typeof type === 'string' ? type : type?.find((each) => each !== 'null');
  return one ?? (properties ? 'object' : items ? 'array' : undefined);
}

/** The whole number that is nearest to the lower end, else what lies at the end itself. */
function numberIn(schema: JsonSchema): number {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const step = multipleOf ?? (type === 'integer' ? 1 : undefined);
  const above = exclusiveMinimum === undefined ? -Infinity : exclusiveMinimum + (step ?? Number.EPSILON);
  const below = exclusiveMaximum === undefined ? Infinity : exclusiveMaximum - (step ?? Number.EPSILON);
  const least = Math.max(minimum ?? -Infinity, above);
  const most = Math.min(maximum ?? Infinity, below);
  if (least === -Infinity) return most >= 1 ? roundedTo(step, 1) : Math.floor(most);
  const whole = roundedTo(step !== undefined && step > 1 ? step : 1, least);
  if (whole <= most) return whole;
  // Between two ends without a whole number: the middle, unless steps are asked for.
  return step === undefined && most < Infinity ? (least + most) / 2 : least;
}

function roundedTo(step: number | undefined, value: number): number {
  return step === undefined || step < 1 ? value : Math.ceil(value / step) * step;
}

function referred(root: JsonSchema, reference: string): JsonSchema {
  const steps = reference.split('/').slice(1);
  return steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], root) ?? {};
}

function joined(one: JsonSchema, other: JsonSchema): JsonSchema {
  const properties = { ...other.properties, ...one.properties };
  const required = [...(other.required ?? []), ...(one.required ?? [])];
  return { ...other, ...one, ...(Object.keys(properties).length > 0 && { properties, required }) };
}
