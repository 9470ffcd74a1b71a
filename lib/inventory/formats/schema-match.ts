/** Does a value match a JSON Schema? As much of draft 7 as the schema of this package uses. */

type Schema = Readonly<Record<string, unknown>>;

/** @returns What is wrong and where, `/endpoints/0/access: "opne" is not one of …`. Undefined: nothing. */
export function schemaMismatch(value: unknown, schema: Schema, root: Schema = schema, at = ''): string | undefined {
  const reference = schema['$ref'] as string | undefined;
  if (reference !== undefined) {
    const definitions = root['definitions'] as Readonly<Record<string, Schema>>;
    return schemaMismatch(value, definitions[reference.replace('#/definitions/', '')]!, root, at);
  }
  const branches = schema['anyOf'] as readonly Schema[] | undefined;
  if (branches !== undefined) {
    const wrong = branches.map((branch) => schemaMismatch(value, branch, root, at));
    return wrong.includes(undefined) ? undefined : wrong[0];
  }
  return plainMismatch(value, schema, at) ?? insideMismatch(value, schema, root, at);
}

function plainMismatch(value: unknown, schema: Schema, at: string): string | undefined {
  const wrong = (why: string): string => `${at === '' ? '/' : at}: ${shown(value)} ${why}`;
  const { type, minLength, minimum, exclusiveMinimum, pattern } = schema;
  const choices = 'const' in schema ? [schema['const']] : (schema['enum'] as readonly unknown[] | undefined);
  if (choices !== undefined && !choices.includes(value)) return wrong(`is not ${choices.map(shown).join(' or ')}`);
  if (type !== undefined && !TYPES[type as string]!(value)) return wrong(`is no ${type as string}`);
  if (typeof value === 'string') {
    if (value.length < ((minLength as number | undefined) ?? 0)) return wrong('is too short');
    if (pattern !== undefined && !new RegExp(pattern as string, 'u').test(value)) return wrong('is not of that form');
  }
  if (typeof value === 'number') {
    if (minimum !== undefined && value < (minimum as number)) return wrong('is too small');
    if (exclusiveMinimum !== undefined && value <= (exclusiveMinimum as number)) return wrong('is too small');
  }
  if (schema['uniqueItems'] === true && Array.isArray(value) && new Set(value).size < value.length) {
    return wrong('has something twice');
  }
  return undefined;
}

function insideMismatch(value: unknown, schema: Schema, root: Schema, at: string): string | undefined {
  if (Array.isArray(value)) {
    const items = schema['items'] as Schema | undefined;
    return items && firstOf(value.map((each, index) => () => schemaMismatch(each, items, root, `${at}/${index}`)));
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const missing = ((schema['required'] as readonly string[] | undefined) ?? []).find(
    (key) => !Object.hasOwn(value, key),
  );
  if (missing !== undefined) return `${at === '' ? '/' : at}: has no ${missing}`;
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const others = schema['additionalProperties'] as Schema | boolean | undefined;
  return firstOf(
    Object.entries(value).map(([key, each]) => () => {
      const rule = Object.hasOwn(properties, key) ? properties[key] : others;
      if (rule === false) return `${at}/${key}: is not known`;
      return typeof rule === 'object' ? schemaMismatch(each, rule, root, `${at}/${key}`) : undefined;
    }),
  );
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const wrong = check();
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
};

/** Text of a file, on its way to a terminal: short, and escaped. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
