/** The part of JSON Schema (draft 2020-12) that values are made from. */

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  /** Values that are taken, where no other word says how they look. */
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** Not of the standard: the flags of the pattern, as class-validator takes them. */
  readonly patternFlags?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly $ref?: string;
}

/** Standard JSON Schema: `schema['~standard'].jsonSchema.input()`. Undefined: it cannot be told so. */
export function jsonSchemaOf(schema: unknown): JsonSchema | undefined {
  const standard = (schema as { readonly '~standard'?: { readonly jsonSchema?: Converter } } | null)?.['~standard'];
  try {
    const made = standard?.jsonSchema?.input?.({ target: 'draft-2020-12' });
    return typeof made === 'object' && made !== null ? made : undefined;
  } catch {
    return undefined;
  }
}

interface Converter {
  input?(options: { readonly target: string }): JsonSchema;
}
