/** Is this what was expected from a service that is not ours? What was not declared is dropped, what does not fit is refused. */

import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate, type ValidationError, type ValidatorOptions } from 'class-validator';
import { optionError } from '../../core/checks.js';
import type { PlainData } from './plain-json.js';

/** The part of the Standard Schema contract (version 1) that is needed here. */
export interface AnswerSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly validate: (value: unknown) => SchemaResult | PromiseLike<SchemaResult>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly path?: readonly unknown[] | undefined }[] };

/**
 * What an answer has to be: a class with class-validator rules, a list of such, or a Standard Schema.
 *
 * Of a class, every field needs a rule (`@Allow()` is the one that takes anything), and those without are dropped;
 * `@Expose()`, `@Type()` and `@ValidateNested()` mean what they mean in an input DTO. Of a schema, its output counts.
 */
export type AnswerShape<T = unknown> = Type<T & object> | readonly [Type<T & object>] | AnswerSchema<T>;

/** What comes out. `unknown` where the shape is not known to the compiler. */
export type AnswerOf<Shape> = Shape extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : Shape extends readonly [Type<infer T>]
    ? T[]
    : Shape extends Type<infer T>
      ? T
      : unknown;

/** The answer was something else. Names places, never values. */
export class AnswerMismatch extends Error {
  override readonly name = 'AnswerMismatch';
}

const RULES: ValidatorOptions = {
  whitelist: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
};

/** @throws TypeError where a shape could hold nothing to anything. */
export function checkAnswerShape(option: string, shape: AnswerShape): void {
  if (isSchema(shape)) return;
  const type: unknown = Array.isArray(shape) && shape.length === 1 ? (shape as readonly unknown[])[0] : shape;
  if (typeof type === 'function' && hasRules(type as Type)) return;
  const fix = 'Use a class with class-validator rules, a list of one such class, or a Standard Schema.';
  throw optionError(option, type, 'vouches for nothing', fix);
}

/**
 * What the shape makes of the answer.
 *
 * @throws AnswerMismatch where it does not fit, or the schema or a `@Transform()` crashes on it.
 */
export async function shapedAnswer(shape: AnswerShape, answer: PlainData): Promise<unknown> {
  try {
    if (isSchema(shape)) return await bySchema(shape, answer);
    if (!Array.isArray(shape)) return await byClass(shape as Type<object>, answer, '');
    if (!Array.isArray(answer)) throw new AnswerMismatch('is no list');
    const [type] = shape as readonly [Type<object>];
    const entries: unknown[] = [];
    for (const [index, entry] of (answer as readonly PlainData[]).entries())
      entries.push(await byClass(type, entry, `/${index}`));
    return entries;
  } catch (cause) {
    if (cause instanceof AnswerMismatch) throw cause;
    throw new AnswerMismatch(`crashed the shape: ${cause instanceof Error ? cause.name : typeof cause}`, { cause });
  }
}

async function bySchema(schema: AnswerSchema, answer: PlainData): Promise<unknown> {
  const result = await schema['~standard'].validate(answer);
  if (result.issues === undefined) return result.value;
  throw mismatchAt(result.issues.map(({ path = [] }) => path.map((step) => `/${stepName(step)}`).join('')));
}

async function byClass(type: Type<object>, answer: PlainData | undefined, place: string): Promise<object> {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw mismatchAt([place]);
  const instance = plainToInstance(type, answer, { enableImplicitConversion: false });
  const errors = await validate(instance, RULES);
  if (errors.length > 0) throw mismatchAt(errors.flatMap((error) => placesOf(error, place)));
  return instance;
}

function placesOf({ property, children = [] }: ValidationError, above: string): string[] {
  const here = property === undefined ? above : `${above}/${property}`;
  return children.length === 0 ? [here] : children.flatMap((child) => placesOf(child, here));
}

/** Keys are the upstream's words: only plain ones are repeated in a log line. */
function mismatchAt(places: readonly string[]): AnswerMismatch {
  const shown = places.slice(0, 5).map((place) => (/^[\w\-/.]{0,100}$/.test(place) ? place || '/' : '(a strange key)'));
  return new AnswerMismatch(`does not fit at ${shown.join(', ')}`);
}

function stepName(step: unknown): string {
  return String(typeof step === 'object' && step !== null ? (step as { readonly key?: unknown }).key : step);
}

function isSchema(value: unknown): value is AnswerSchema {
  // Some libraries make schemas that are functions.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<AnswerSchema>)['~standard']?.validate === 'function';
}

function hasRules(type: Type): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0;
}
