/** Which resolvers, gateways and message handlers does the app have? By the marks that Nest's own decorators leave. */

import type { Type } from '@nestjs/common';
import { MetadataScanner, type DiscoveryService } from '@nestjs/core';
import type { Handler } from '../core/route.js';
import type { EndpointKind } from './endpoint.js';

// Nest's own metadata keys: those of its other transports, which need not be installed.
const RESOLVER_TYPE = 'graphql:resolver_type';
const RESOLVER_NAME = 'graphql:resolver_name';
const IS_GATEWAY = 'websockets:is_gateway';
const GATEWAY_OPTIONS = 'websockets:gateway_options';
const IS_SUBSCRIBED = 'websockets:message_mapping';
const MESSAGE = 'message';
const PATTERN = 'microservices:pattern';
const HANDLER_TYPE = 'microservices:handler_type';
const EVENT = 2;

const OPERATIONS: ReadonlySet<unknown> = new Set(['Query', 'Mutation', 'Subscription']);

/** One operation, message or pattern, and the method that answers it. */
export interface MessageSurface {
  readonly kind: Extract<EndpointKind, 'graphql' | 'gateway' | 'message'>;
  readonly method: string;
  readonly path: string;
  /** `UsersResolver.user` */
  readonly handler: string;
  /** The name of the method. */
  readonly name: string;
  readonly class: Type;
  readonly function: Handler;
}

export function messageSurfaces(discovery: DiscoveryService): readonly MessageSurface[] {
  const scanner = new MetadataScanner();
  const types = new Set<Type>();
  for (const { metatype } of [...discovery.getProviders(), ...discovery.getControllers()]) {
    if (typeof metatype === 'function' && metatype.prototype) types.add(metatype as Type);
  }
  return [...types].flatMap((type) =>
    scanner.getAllMethodNames(type.prototype as object).flatMap((name) => {
      const handler = (type.prototype as Record<string, Handler>)[name]!;
      const found = operationOf(handler, name) ?? subscriptionOf(type, handler) ?? patternOf(handler);
      return found === undefined
        ? []
        : [{ ...found, handler: `${type.name}.${name}`, name, class: type, function: handler }];
    }),
  );
}

type Found = Pick<MessageSurface, 'kind' | 'method' | 'path'>;

function operationOf(handler: Handler, name: string): Found | undefined {
  const type: unknown = Reflect.getMetadata(RESOLVER_TYPE, handler);
  if (!OPERATIONS.has(type)) return undefined;
  const given: unknown = Reflect.getMetadata(RESOLVER_NAME, handler);
  return {
    kind: 'graphql',
    method: String(type).toUpperCase(),
    path: `${type as string}.${typeof given === 'string' ? given : name}`,
  };
}

function subscriptionOf(type: Type, handler: Handler): Found | undefined {
  if (!Reflect.hasMetadata(IS_GATEWAY, type) || !Reflect.hasMetadata(IS_SUBSCRIBED, handler)) return undefined;
  const { namespace, path } = (Reflect.getMetadata(GATEWAY_OPTIONS, type) ?? {}) as Readonly<Record<string, unknown>>;
  const place = [path, namespace]
    .filter((part) => typeof part === 'string' || part instanceof RegExp)
    .map((part) => String(part).replace(/^\/+|\/+$/g, ''));
  const message = inWords(Reflect.getMetadata(MESSAGE, handler));
  // As the modules that secure them spell it: to import one of these must not rename what is listed.
  return { kind: 'gateway', method: 'MESSAGE', path: `/${place.filter((part) => part !== '').join('/')}#${message}` };
}

function patternOf(handler: Handler): Found | undefined {
  if (!Reflect.hasMetadata(PATTERN, handler)) return undefined;
  const pattern: unknown = Reflect.getMetadata(PATTERN, handler);
  const path = (Array.isArray(pattern) ? pattern : [pattern]).map(inWords).join(', ');
  const method = Reflect.getMetadata(HANDLER_TYPE, handler) === EVENT ? 'EVENT' : 'MESSAGE';
  return { kind: 'message', method, path };
}

function inWords(pattern: unknown): string {
  return typeof pattern === 'string' ? pattern : (JSON.stringify(pattern) ?? String(pattern));
}
