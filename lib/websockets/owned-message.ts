/** Is there anything that `@OwnedBy({ param })` could read in a message? A field that no message has would be a 404 for everybody. */

import type { Type } from '@nestjs/common';
import { OWNERSHIP } from '../authorization/ownership/owned-by.decorator.js';
import { parametersOf } from '../core/handler-parameters.js';
import type { Route } from '../core/route.js';
import { declaredFields } from '../responses/declared-fields.js';

/** @throws TypeError where the class of `@MessageBody()` declares no such field. A message without a class says nothing. */
export function checkOwnedMessage(route: Route): void {
  const rule = route.isPublic ? undefined : route.get(OWNERSHIP);
  if (rule === undefined || rule.kind === 'list') return;
  for (const { source, name, type } of parametersOf(route)) {
    if (source !== 'body' || name !== undefined || typeof type !== 'function') continue;
    const fields = declaredFields(type as Type);
    if (fields.length === 0 || fields.includes(rule.param)) continue;
    throw new TypeError(
      `@OwnedBy() on ${route.id}: ${type.name} declares no field \`${rule.param}\`. Name the one that holds the id: { param: '…' }.`,
    );
  }
}
