/** What is a schema, and does a value match it? The part of the Standard Schema contract (version 1) that is needed here. */

export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly validate: (value: unknown) => SchemaResult | PromiseLike<SchemaResult>;
  };
}

type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] }[] };

/** The handler answered something else than its route declares. Names the place, never the value. */
export class ShapeMismatch extends Error {
  override readonly name = 'ShapeMismatch';
}

export function isSchema(value: unknown): value is StandardSchema {
  // Some libraries make schemas that are functions.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard = (value as Partial<StandardSchema>)['~standard'];
  return typeof standard === 'object' && typeof standard.validate === 'function';
}

/** The schema's own output, so what it strips is stripped. Waits only where the schema does. @throws ShapeMismatch */
export function outputOf(schema: StandardSchema, value: unknown): unknown {
  const result = schema['~standard'].validate(value);
  return 'then' in result ? Promise.resolve(result).then(accept) : accept(result);
}

function accept(result: SchemaResult): unknown {
  if (result.issues === undefined) return result.value;
  const places = result.issues.map(({ path = [] }) => path.map((step) => `/${nameOf(step)}`).join('') || '/');
  throw new ShapeMismatch(`The answer does not match the schema of its route at ${places.slice(0, 5).join(', ')}.`);
}

function nameOf(step: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof step === 'object' ? step.key : step);
}
