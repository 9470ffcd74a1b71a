/** Which handlers take input that nothing describes? Reads what their parameters declare, at boot. */

import { Injectable, type Type } from '@nestjs/common';
import { placeOf, type AuditScope, type Auditor, type Finding } from '../core/finding.js';
import { parametersOf } from '../core/handler-parameters.js';
import type { Route } from '../core/route.js';
import { isPrimitiveType } from './declared-primitive.js';
import { hasRules, isDtoClass, schemaOfClass } from './declared-shape.js';

/** Nest's own key for `@UsePipes()`. */
const PIPES = '__pipes__';

/** One `@Body()` or `@Query()` of a handler. */
interface Declared {
  readonly source: 'body' | 'query';
  readonly name: string | undefined;
  readonly type: unknown;
}

@Injectable()
export class DeclarationAuditor implements Auditor {
  *findings({ routes }: AuditScope): Iterable<Finding> {
    for (const route of routes) {
      if (route.transport !== 'http') continue;
      for (const declared of undescribed(route)) {
        if (isDtoClass(declared.type)) yield withoutRules(route, declared, declared.type);
        else yield undeclared(route, declared);
      }
    }
  }
}

/** The parameters of a handler that no schema, rule, pipe or primitive type vouches for. */
function* undescribed(route: Route): Iterable<Declared> {
  const { class: type, handler } = route;
  if (Reflect.hasMetadata(PIPES, handler) || Reflect.hasMetadata(PIPES, type)) return;
  for (const { source, name, schema, pipes, type: declaredType } of parametersOf(route)) {
    if ((source !== 'body' && source !== 'query') || schema !== undefined || pipes.length > 0) continue;
    const declared = { source, name, type: declaredType };
    if (schemaOfClass(declared.type) !== undefined) continue;
    if (isDtoClass(declared.type) ? hasRules(declared.type) : isPrimitiveType(declared.type)) continue;
    yield declared;
  }
}

function withoutRules(route: Route, { source }: Declared, type: Type): Finding {
  return {
    id: 'validation/dto-without-validators',
    severity: 'error',
    where: placeOf(route),
    why: `Nothing says what a valid ${type.name} is, so every ${source} is refused as soon as the strict pipe sees it.`,
    fix: `Put class-validator rules on the fields of ${type.name}, e.g. @IsString() name: string, or give it a static schema.`,
    references: ['API3:2023', 'ASVS-2.2.1', 'ASVS-15.3.3'],
  };
}

function undeclared(route: Route, { source, name }: Declared): Finding {
  const decorator = source === 'body' ? '@Body' : '@Query';
  const written = `${decorator}(${name === undefined ? '' : `'${name}'`})`;
  return {
    id: `validation/undeclared-${source}`,
    severity: source === 'body' ? 'error' : 'warning',
    where: placeOf(route),
    why: `${written} has no type that exists at run time, so a client may send whatever it likes: fields, types, operators.`,
    fix: `Declare a class with rules, ${decorator}() input: CreateInput, or a schema, ${decorator}({ schema }).`,
    references: ['API3:2023', 'ASVS-2.2.1', 'ASVS-15.3.3'],
  };
}
