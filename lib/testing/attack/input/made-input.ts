/** What body, query and path parameters would a handler take? Made from the classes and schemas that its parameters declare. */

import type { Type } from '@nestjs/common';
import { parametersOf, type HandlerParameter } from '../../../core/handler-parameters.js';
import type { Route } from '../../../core/route.js';
import { schemaOfClassRules } from './declared-schema.js';
import { byClass, bySchema, isStandard, type Judge } from './input-judge.js';
import { jsonSchemaOf, type JsonSchema } from './json-schema.js';
import { valueOf } from './schema-value.js';

export interface MadeInput {
  readonly query: Readonly<Record<string, string>>;
  /** Undefined: the handler takes none. */
  readonly body: unknown;
  /** Of what is in the path: only where the handler says how it has to look. */
  readonly params: Readonly<Record<string, string>>;
  /** Why the body is not what the handler takes. Undefined: it is. */
  readonly bodyProblem?: string;
  readonly bodySchema?: JsonSchema;
  readonly querySchema?: JsonSchema;
  /** What becomes of a field that a good body does not declare? The schema's own decision. */
  fateOfStrangers(body: unknown): 'refused' | 'dropped' | 'kept';
}

const NOTHING: MadeInput = Object.freeze({ query: {}, body: undefined, params: {}, fateOfStrangers: () => 'refused' });

const made = new WeakMap<Route, Map<number, MadeInput>>();

/** Made once for each route and seed. */
export function madeInput(route: Route | undefined, seed = 1): MadeInput {
  if (route === undefined) return NOTHING;
  const known = made.get(route) ?? new Map<number, MadeInput>();
  if (known.size === 0) made.set(route, known);
  let input = known.get(seed);
  if (input === undefined) known.set(seed, (input = Object.freeze(inputFor(route, seed))));
  return input;
}

/** One parameter, and what it declares. */
interface Declared {
  readonly name: string | undefined;
  readonly schema: JsonSchema;
  /** Judges what was made for it. Undefined: nothing does. */
  readonly judge?: Judge;
  /** False: nobody says what it takes. */
  readonly isDeclared: boolean;
}

function inputFor(route: Route, seed: number): MadeInput {
  const around = pipesAround(route);
  const of = (source: HandlerParameter['source']) =>
    parametersOf(route).flatMap((parameter) => (parameter.source === source ? [declaredBy(parameter, around)] : []));
  const bodies = of('body');
  const body = assembled(bodies, seed);
  const bodyProblem = bodies.length > 0 ? problemWith(bodies, body) : undefined;
  const queries = of('query');
  const bodySchema = schemaOf(bodies);
  const querySchema = schemaOf(queries);
  return {
    query: asTexts(assembled(queries, seed)),
    params: asTexts(
      assembled(
        of('param').filter(({ isDeclared }) => isDeclared),
        seed,
      ),
    ),
    body,
    ...(bodyProblem !== undefined && { bodyProblem }),
    ...(bodySchema && { bodySchema }),
    ...(querySchema && { querySchema }),
    fateOfStrangers: (good) => fateOfStrangers(bodies, good),
  };
}

/** A whole body, or one put together from `@Body('name')`. */
function assembled(declared: readonly Declared[], seed: number): unknown {
  if (declared.length === 0) return undefined;
  const values = declared.map(({ name, schema, isDeclared }, index) => {
    const value = isDeclared ? valueOf(schema, seed + index) : {};
    return name === undefined ? value : isDeclared ? { [name]: value } : {};
  });
  const [only] = values;
  return values.length === 1 ? only : (Object.assign({}, ...values) as object);
}

function problemWith(declared: readonly Declared[], whole: unknown): string | undefined {
  for (const { name, judge, isDeclared } of declared) {
    if (!isDeclared) return `the body${name === undefined ? '' : `'s "${name}"`} has no declared shape`;
    const part = name === undefined ? whole : (whole as Record<string, unknown>)[name];
    const problem = judge?.problem(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function schemaOf(declared: readonly Declared[]): JsonSchema | undefined {
  const known = declared.filter(({ isDeclared }) => isDeclared);
  if (known.length === 0) return undefined;
  const whole = known.find(({ name }) => name === undefined);
  if (whole) return whole.schema;
  return { type: 'object', properties: Object.fromEntries(known.map(({ name, schema }) => [name!, schema])) };
}

/** Tried on the schema itself: it is the one that decides. */
function fateOfStrangers(declared: readonly Declared[], body: unknown): ReturnType<MadeInput['fateOfStrangers']> {
  const whole = declared.find(({ name }) => name === undefined);
  // Of single values the rest of a body is never looked at.
  if (whole === undefined) return declared.length > 0 ? 'dropped' : 'refused';
  if (!whole.isDeclared) return 'kept';
  const { judge } = whole;
  if (judge === undefined || typeof body !== 'object' || body === null) return 'refused';
  const stranger = { ...body, attackKit: true };
  if (judge.problem(stranger) !== undefined) return 'refused';
  const output = judge.output(stranger);
  return typeof output === 'object' && output !== null && 'attackKit' in output ? 'kept' : 'dropped';
}

function declaredBy(parameter: HandlerParameter, around: readonly unknown[]): Declared {
  const { name, type, schema, pipes } = parameter;
  const standard = [schema, type, schemaIn(type), ...[...pipes, ...around].map(schemaIn)].find(isStandard);
  if (standard !== undefined) {
    const described = jsonSchemaOf(standard);
    if (described) return { name, schema: described, judge: bySchema(standard), isDeclared: true };
    return { name, schema: { type: 'object' }, judge: bySchema(standard), isDeclared: true };
  }
  if (typeof type === 'function' && !PRIMITIVES.has(type)) {
    const described = schemaOfClassRules(type as Type);
    if (described) return { name, schema: described, judge: byClass(type as Type), isDeclared: true };
  }
  const byPipe = [...pipes, ...around].map(schemaOfPipe).find((found) => found !== undefined);
  const byType = byPipe ?? PRIMITIVES.get(type);
  return name !== undefined && byType
    ? { name, schema: byType, isDeclared: true }
    : { name, schema: {}, isDeclared: false };
}

/** Numbers that nothing has as its id. */
const A_NUMBER: JsonSchema = { type: 'integer', const: 2_147_480_047 };
const PRIMITIVES = new Map<unknown, JsonSchema>([
  [String, { type: 'string' }],
  [Number, A_NUMBER],
  [Boolean, { type: 'boolean' }],
]);

/** Nest's own pipes, by name: another copy of Nest has others. */
const PIPES: Readonly<Record<string, JsonSchema>> = {
  ParseIntPipe: A_NUMBER,
  ParseFloatPipe: A_NUMBER,
  ParseBoolPipe: { type: 'boolean' },
  ParseUUIDPipe: { type: 'string', format: 'uuid' },
  ParseDatePipe: { type: 'string', format: 'date-time' },
};

function schemaOfPipe(pipe: unknown): JsonSchema | undefined {
  const name = typeof pipe === 'function' ? pipe.name : ((pipe as object | null)?.constructor.name ?? '');
  if (name === 'ParseEnumPipe') {
    const { enumType } = pipe as { readonly enumType?: object };
    return enumType && { enum: Object.values(enumType) };
  }
  return Object.hasOwn(PIPES, name) ? PIPES[name] : undefined;
}

function schemaIn(holder: unknown): unknown {
  return (holder as { readonly schema?: unknown } | null | undefined)?.schema;
}

/** Nest's own key for `@UsePipes()`. */
function pipesAround({ handler, class: type }: Route): readonly unknown[] {
  return [handler, type].flatMap((place) => (Reflect.getMetadata('__pipes__', place) ?? []) as readonly unknown[]);
}

function asTexts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, each]: [string, unknown]) => [
      name,
      typeof each === 'string' ? each : JSON.stringify(each),
    ]),
  );
}
