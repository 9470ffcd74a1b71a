/** Which routes could let out more than they mean to, or nothing at all? */

import { RequestMethod, StreamableFile, type Type } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../core/finding.js';
import { parametersOf } from '../core/handler-parameters.js';
import type { Route } from '../core/route.js';
import { classesWithin, policyOf } from './field-policy.js';
import { RESPONSES_SETTINGS, type ResponsesSettings } from './responses.options.js';
import { ResponsesStage } from './responses.stage.js';

// Nest's own metadata keys. They are its decorators' contract, but exported for internal use only.
const PASSTHROUGH = '__responsePassthrough__';
const HTTP_CODE = '__httpCode__';

const REFERENCES = ['API3:2023', 'ASVS-15.3.1'];

@Injectable()
export class ResponsesAuditor implements Auditor {
  constructor(
    @Inject(ResponsesStage) private readonly stage: ResponsesStage,
    @Inject(RESPONSES_SETTINGS) private readonly settings: ResponsesSettings,
  ) {}

  *findings({ routes }: AuditScope): Iterable<Finding> {
    if (this.settings.dangerouslyPassUndeclared) yield undeclaredPass();
    const judged = new Set<Type>();
    for (const route of routes) {
      if (route.transport !== 'http') continue;
      const { kind, type } = this.stage.answerOf(route);
      const bypass = bypassOf(route);
      if (bypass !== undefined) yield resBypass(route, bypass);
      else if (kind === 'undeclared' && mayHoldObjects(route)) yield noShape(route);
      if (type === undefined || judged.has(type)) continue;
      judged.add(type);
      yield* ofClasses(type, route);
    }
  }
}

function* ofClasses(root: Type, route: Route): Iterable<Finding> {
  for (const type of classesWithin(root)) {
    const { fields, ownerKey } = policyOf(type);
    if (fields.length === 0) yield emptyShape(type, route);
    const asks = fields.some(({ audience }) => audience !== 'everybody' && audience.owner);
    if (asks && ownerKey === undefined) yield noOwnerId(type, route);
  }
}

/** The decorator by which a handler takes the response into its own hands, past every interceptor. */
function bypassOf(route: Route): string | undefined {
  if (Reflect.getMetadata(PASSTHROUGH, route.class, route.name) === true) return undefined;
  const sources = new Set(parametersOf(route).map(({ source }) => source));
  if (sources.has('response')) return '@Res()';
  return sources.has('next') ? '@Next()' : undefined;
}

const HARMLESS: ReadonlySet<unknown> = new Set<unknown>([
  String,
  Number,
  Boolean,
  BigInt,
  Date,
  StreamableFile,
  Buffer,
  Uint8Array,
]);

/** Can an object leave here, as far as declared types and the handler itself tell? In doubt it can. */
function mayHoldObjects({ class: type, handler, id, paths }: Route): boolean {
  if (Reflect.getMetadata(HTTP_CODE, handler) === 204) return false;
  if (paths.length > 0 && paths.every(({ method }) => method === RequestMethod[RequestMethod.HEAD])) return false;
  const name = id.slice(type.name.length + 1) || handler.name;
  if (HARMLESS.has(Reflect.getMetadata('design:returntype', type.prototype as object, name))) return false;
  // The compiler notes the same for `void` as for no type at all, so the handler itself has to tell.
  const source = Function.prototype.toString.call(handler);
  return source.includes('[native code]') || /\breturn\b(?!\s*[;}])|\byield\b/.test(source);
}

function noShape(route: Route): Finding {
  return {
    id: 'responses/no-shape',
    severity: 'error',
    where: placeOf(route),
    why: 'Nobody said what this route answers, so plain objects leave empty, and a field added later would be seen by nobody or by all.',
    fix: 'Add @Returns(View), where the fields of View are what may leave; @Returns(Object) lets out any shape.',
    references: REFERENCES,
  };
}

function resBypass(route: Route, by: string): Finding {
  return {
    id: 'responses/res-bypass',
    severity: 'error',
    where: placeOf(route),
    why: `${by} sends the answer past every filter: whatever the handler writes is what the caller gets.`,
    fix:
      by === '@Res()'
        ? 'Write @Res({ passthrough: true }) and return the answer.'
        : 'Return the answer instead of calling next().',
    references: REFERENCES,
  };
}

function emptyShape(type: Type, route: Route): Finding {
  return {
    id: 'responses/empty-shape',
    severity: 'error',
    where: `${placeOf(route)}: ${type.name}`,
    why: 'The class declares no field that could be found, so nothing of its objects leaves.',
    fix: `Give the fields of ${type.name} a decorator such as @Expose(), or let it be made without arguments and compile with useDefineForClassFields.`,
    references: REFERENCES,
  };
}

function noOwnerId(type: Type, route: Route): Finding {
  return {
    id: 'responses/no-owner-id',
    severity: 'warning',
    where: `${placeOf(route)}: ${type.name}`,
    why: 'Fields are visible to the owner, but no field says who that is, so they are visible to no owner.',
    fix: `Put @OwnerId() on the field of ${type.name} that holds the owner's id.`,
    references: REFERENCES,
  };
}

function undeclaredPass(): Finding {
  return {
    id: 'responses/undeclared-pass',
    severity: 'warning',
    where: 'security.responses.dangerouslyPassUndeclared',
    why: 'Routes without @Returns() let out every field of the plain objects they answer.',
    fix: 'Add @Returns() to the routes that lack it, then remove the option.',
    references: REFERENCES,
  };
}
