/** Which handlers of microservices are open, and does anything stand on them that nobody would ask? */

import type { ExecutionContext, Type } from '@nestjs/common';
import { annotationsOn, describeRoute, isDecorated, type Handler } from './route.js';
import { RouteTable } from './route-table.js';

/** Nest's own key for the pattern of a message handler: what makes a method one. */
const PATTERN = 'microservices:pattern';

/** What decides over access is asked here. */
const ASKED = 'access';

/**
 * Those have no caller whom a credential could name: what is not open to whoever reaches the broker stays closed, as for every
 * transport that nobody serves.
 */
export class MessageHandlers {
  readonly #open = new RouteTable<boolean>();

  /** Is this one that its code declares open? Read once per handler. */
  isOpen(context: ExecutionContext): boolean {
    const handler = context.getHandler() as Handler;
    const type = context.getClass();
    const known = this.#open.get(type, handler);
    if (known !== undefined) return known;
    const isOpen = isPublic(type, handler.name, handler);
    this.#open.set(type, handler, isOpen);
    return isOpen;
  }
}

/** @throws TypeError for an open handler with a rule besides: no stage sees its messages, so that the rule would be a mere wish. */
export function checkMessageHandlers(type: Type): void {
  const prototype = type.prototype as Record<string, Handler>;
  const names = Object.getOwnPropertyNames(prototype).filter(
    (name) => name !== 'constructor' && typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function',
  );
  const messages = names.filter((name) => Reflect.hasMetadata(PATTERN, prototype[name]!));
  // Of a class that has routes as well, its own decorators are for those.
  const isMixed = names.some((name) => isDecorated(prototype[name]!));
  for (const { member, names: rules } of annotationsOn(type)) {
    const place = member === undefined ? (isMixed ? undefined : messages[0]) : messages.find((name) => name === member);
    const rule = rules.find((name) => name !== ASKED);
    if (place === undefined || rule === undefined || !isPublic(type, place, prototype[place]!)) continue;
    // `@Roles()` on the class of a handler that is open by itself: the closer word holds, as on a route.
    if (member === undefined && !isPublic(type, '', () => undefined)) continue;
    throw new TypeError(
      `${type.name}.${place}: what "${rule}" asks is never asked of a message, for it has no caller and passes no stage. ` +
        'Remove the decorator, and see to it in the handler or at the broker.',
    );
  }
}

function isPublic(type: Type, name: string, handler: Handler): boolean {
  return describeRoute({ name, class: type, handler, transport: 'rpc', paths: [] }).isPublic;
}
