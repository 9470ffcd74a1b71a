/** What does a route say that it answers? Made once per declaration, asked once per answer. */

import { StreamableFile, type Type } from '@nestjs/common';
import { byOwnPolicy, shapeFor } from './field-shape.js';
import { openCopy, policedCopy } from './loose-copy.js';
import { collect, isCollection, scalarOf } from './plain-value.js';
import { isSchema, outputOf, ShapeMismatch, type StandardSchema } from './standard-schema.js';
import type { Viewer } from './viewer.js';

type AnyClass = Type<unknown> | (abstract new (...args: never[]) => unknown) | BigIntConstructor;

/** What `@Returns()` takes. */
export type ReturnsTarget = AnyClass | StandardSchema | readonly [AnyClass | StandardSchema];

/** Makes of a settled value what may leave of it. */
export interface Copier {
  /** Undefined: nothing leaves. A promise where a schema has to wait. @throws ShapeMismatch */
  answer(value: unknown, viewer: Viewer): unknown;
}

/** What a route declares to answer. */
export interface Answer {
  /** For people and the inventory: `UserView`, `schema`, `any shape`. */
  readonly name: string;
  readonly kind: 'objects' | 'schema' | 'open' | 'scalars' | 'bytes' | 'redirect' | 'undeclared';
  /** The class whose policy decides, where there is one. */
  readonly type?: Type;
  copierFor(roles: ReadonlySet<string>): Copier;
}

const SCALARS: ReadonlySet<unknown> = new Set<unknown>([String, Number, Boolean, BigInt, Date]);
const BYTES: ReadonlySet<unknown> = new Set<unknown>([StreamableFile, Buffer, Uint8Array, ArrayBuffer, Response]);
const CONTAINERS: ReadonlySet<unknown> = new Set<unknown>([Array, Set, Map, Promise, Function]);

/** @throws TypeError when the target says nothing about what may leave. */
export function toAnswer(target: ReturnsTarget, where: string): Answer {
  if (Array.isArray(target)) {
    if (target.length !== 1) throw new TypeError(`${where}: a list has one kind of item. Use e.g. [UserView].`);
    return toAnswer(isSchema(target[0]) ? listOf(target[0]) : (target[0] as AnyClass), where);
  }
  if (isSchema(target)) return fixed('schema', 'schema', schemaCopier(target));
  if (target === undefined) throw new TypeError(`${where}: the class is undefined. Is there an import cycle?`);
  if (typeof target !== 'function' || CONTAINERS.has(target)) {
    const shown = typeof target === 'function' ? target.name : typeof target;
    throw new TypeError(`${where}: ${shown} does not say what is inside. Use a class, a list of one, or a schema.`);
  }
  if ((target as unknown) === Object) return OPEN;
  if (SCALARS.has(target)) return fixed('scalars', target.name, scalarAnswer);
  if (BYTES.has(target)) return fixed('bytes', target.name, bytesAnswer);
  const type = target as Type;
  const answer: Answer = { kind: 'objects', name: type.name, type, copierFor: (roles) => shapeFor(type, roles) };
  return Object.freeze(answer);
}

const openAnswer: Copier = {
  answer: (value, viewer) => (isBytes(value) ? value : openCopy(value, viewer, byOwnPolicy)),
};

/** Whatever it is, on purpose. Instances of classes with a policy of their own are filtered by it all the same. */
export const OPEN: Answer = fixed('open', 'any shape', openAnswer);

/** Nobody said what leaves: scalars do, objects only by the policy of their own class. */
export const UNDECLARED: Answer = fixed('undeclared', 'undeclared', {
  answer: (value, viewer) => (isBytes(value) ? value : policedCopy(value, viewer, byOwnPolicy)),
});

/** `@Redirect()` reads a status and a place to go from the answer. */
export const REDIRECT: Answer = fixed('redirect', 'redirect', {
  answer(value) {
    if (typeof value !== 'object' || value === null) return undefined;
    const { url, statusCode } = value as { url?: unknown; statusCode?: unknown };
    return { url: scalarOf(url), statusCode: scalarOf(statusCode) };
  },
});

/** Files and bytes have no fields. */
function isBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof StreamableFile || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

const bytesAnswer: Copier = {
  answer: (value) => (isBytes(value) || value instanceof Response ? value : scalarOf(value)),
};

const scalarAnswer: Copier = {
  answer(value, viewer) {
    if (typeof value !== 'object' || value === null || !isCollection(value)) return scalarOf(value);
    return collect(value, viewer, (item) => scalarAnswer.answer(item, viewer));
  },
};

/** What the schema lets through is what leaves, except that a class's own policy still holds inside it. */
function schemaCopier(schema: StandardSchema): Copier {
  return {
    answer(value, viewer) {
      const output = outputOf(schema, value);
      if (!(output instanceof Promise)) return openAnswer.answer(output, viewer);
      return output.then((settled: unknown) => openAnswer.answer(settled, viewer));
    },
  };
}

function listOf(item: StandardSchema): StandardSchema {
  return {
    '~standard': {
      version: 1,
      validate(value) {
        if (!Array.isArray(value)) throw new ShapeMismatch('The answer is no list, as the schema of its route has it.');
        const outputs = value.map((each) => outputOf(item, each));
        if (outputs.some((output) => output instanceof Promise))
          return Promise.all(outputs).then((all) => ({ value: all }));
        return { value: outputs };
      },
    },
  };
}

function fixed(kind: Answer['kind'], name: string, copier: Copier): Answer {
  return Object.freeze({ kind, name, copierFor: () => copier });
}
