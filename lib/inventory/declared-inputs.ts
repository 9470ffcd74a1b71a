/** What may a client send to this handler? By the classes, schemas and pipes that its parameters declare. */

import type { Type } from '@nestjs/common';
import { parametersOf, type HandlerParameter } from '../core/handler-parameters.js';
import type { Route } from '../core/route.js';
import type { EndpointInput } from './endpoint.js';
import { classFields, schemaFields } from './input-fields.js';
import { compareText } from './text-order.js';

/** Nest's own key for `@UsePipes()`. */
const PIPES = '__pipes__';

/** The name of a shape that nobody declared. */
export const UNDECLARED = 'undeclared';

const PRIMITIVES: ReadonlySet<unknown> = new Set([String, Number, Boolean]);

export function inputsOf(route: Pick<Route, 'class' | 'handler' | 'name'>): readonly EndpointInput[] {
  const pipes = [route.handler, route.class].flatMap(
    (place) => (Reflect.getMetadata(PIPES, place) ?? []) as readonly unknown[],
  );
  return parametersOf(route)
    .flatMap(({ source, ...parameter }) => {
      if (source === 'response' || source === 'next') return [];
      const name = parameter.name === undefined ? {} : { name: parameter.name };
      return [{ from: source, ...name, ...shapeOf(parameter, pipes) }];
    })
    .sort((left, right) => compareText(`${left.from} ${left.name ?? ''}`, `${right.from} ${right.name ?? ''}`));
}

/** Does the handler take the response into its own hands, past every interceptor? */
export function writesItsAnswer(route: Pick<Route, 'class' | 'name'>): boolean {
  if (Reflect.getMetadata('__responsePassthrough__', route.class, route.name) === true) return false;
  return parametersOf(route).some(({ source }) => source === 'response' || source === 'next');
}

function shapeOf(
  { type, schema, pipes }: Omit<HandlerParameter, 'source' | 'name'>,
  around: readonly unknown[],
): Pick<EndpointInput, 'shape' | 'fields'> {
  if (schema !== undefined) return { shape: 'schema', ...fieldsIn(schemaFields(schema)) };
  if (typeof type === 'function' && !PRIMITIVES.has(type)) {
    const named = type as Type & { readonly schema?: unknown };
    const own = [named, named.schema].find(isSchema);
    if (own !== undefined) return { shape: named.name, ...fieldsIn(schemaFields(own)) };
    const fields = classFields(named);
    if (fields.length > 0) return { shape: named.name, fields };
  }
  const [pipe] = [...pipes, ...around];
  if (pipe !== undefined) return { shape: nameOf(pipe) };
  return PRIMITIVES.has(type) ? { shape: (type as Type).name } : { shape: UNDECLARED };
}

/** A schema that tells of no fields is compared by its name only. */
function fieldsIn(fields: readonly string[]): Pick<EndpointInput, 'fields'> {
  return fields.length > 0 ? { fields } : {};
}

function isSchema(value: unknown): boolean {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}

function nameOf(pipe: unknown): string {
  return (typeof pipe === 'function' ? pipe : (pipe as object).constructor).name || '(anonymous)';
}
