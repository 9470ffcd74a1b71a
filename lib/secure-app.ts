/** What only the app object can switch on: the edge, before any middleware, parser or route. */

import type { Server } from 'node:http';
import type { INestApplication, Type } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer, type AbstractHttpAdapter } from '@nestjs/core';
import { OUTERMOST_INTERCEPTOR } from './core/enhancers.js';
import { ENVIRONMENT, type Environment } from './core/environment.js';
import { RawBodies } from './core/raw-bodies.js';
import { encodedBody, isSignedAndEncoded, keepRawBody } from './core/raw-body.js';
import type { HttpRequest, HttpResponse } from './core/transport.js';
import { Edge, type PlatformHook } from './edge/edge.js';
import { edgeSettings, type EdgeOptions, type EdgeSettings } from './edge/edge.options.js';
import { SecurityGuard } from './security.guard.js';
import { SocketDoor } from './sockets/socket.door.js';
import { AddressGate } from './throttling/address-gate.js';

/**
 * Closes the edge of an app. Call it once, in `main.ts`, before everything else that is done to the app.
 *
 * In order: security headers and CORS, the address gate, host, TLS, preflight, method, type and size of the body, and
 * whether another site made the request. Also for unknown routes and for those put on the adapter itself. A refusal is
 * an `application/problem+json` and an `edge_refused` event.
 *
 * @example
 * const app = await NestFactory.create(AppModule);
 * secureApp(app, { hosts: ['api.example.com'] });
 * await app.listen(3000);
 * @param options Each one given replaces what `forRoot({ edge })` said.
 * @returns The app.
 * @throws TypeError naming option, value and fix; when called twice, after `init()`, or without `SecurityModule`.
 */
export function secureApp<App extends INestApplication>(app: App, options: EdgeOptions = {}): App {
  const edge = find(app, Edge);
  const environment = find<Environment>(app, ENVIRONMENT);
  if (edge === undefined || environment === undefined) {
    throw new TypeError('secureApp: SecurityModule is not imported. Add SecurityModule.forRoot() to your root module.');
  }
  if (edge.isSecured) throw new TypeError('secureApp: called twice. Give all options in one call.');
  if (edge.isInitialised) {
    throw new TypeError('secureApp: the app is initialised, its routes stand before the edge. Call it before init().');
  }
  const adapter = app.getHttpAdapter() as AbstractHttpAdapter;
  const settings = edgeSettings(merged(edge.settings.given, options), environment, 'secureApp');
  const platformHook = enablePlatformSecurity(app, adapter, settings);
  edge.secure({
    settings,
    platformHook,
    gate: find(app, AddressGate),
  });
  keepRequestHook(adapter, edge);
  limitParsers(app, adapter, settings);
  limitSlowRequests(app);
  // Also where the app has no sockets that we know of: a listener of somebody else must not be the only one.
  find(app, SocketDoor)?.guard(app.getHttpServer() as Server);
  putOursFirst(app.get(ApplicationConfig));
  return app;
}

/** What was left undefined replaces nothing: `hosts: process.env.HOSTS?.split(',')` must not open every host. */
function merged(given: EdgeOptions, own: EdgeOptions): EdgeOptions {
  return { ...given, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
}

/** Not `app.get()`: where Nest's `abortOnError` is on, asking for what is not there ends the process. */
function find<T>(app: INestApplication, token: Type<T> | symbol): T | undefined {
  for (const module of app.get(ModulesContainer).values()) {
    const wrapper = module.providers.get(token);
    if (wrapper !== undefined && !wrapper.isAlias) return wrapper.instance as T;
  }
  return undefined;
}

/**
 * Nest's security headers and its protection against cross-site requests, set up by Nest itself. The one hook behind
 * both is kept back for the edge to run, so that even the first refusal carries the headers, and one that Nest gives is
 * answered and reported like any other.
 */
function enablePlatformSecurity(
  app: INestApplication,
  adapter: AbstractHttpAdapter,
  settings: EdgeSettings,
): PlatformHook {
  const kept: PlatformHook[] = [];
  adapter.registerSecurityHook = ((hook: PlatformHook) => kept.push(hook)) as typeof adapter.registerSecurityHook;
  try {
    app.useSecurityHeaders(settings.headers.security);
    if (settings.csrf !== undefined) app.enableCsrfProtection(settings.csrf);
  } finally {
    Reflect.deleteProperty(adapter, 'registerSecurityHook');
  }
  const [hook] = kept;
  if (hook === undefined) throw new TypeError("secureApp: a security hook is set already. Leave Nest's to secureApp.");
  return hook;
}

type RequestHook = (request: HttpRequest, response: HttpResponse, done: (error?: Error) => void) => unknown;

/**
 * The hook that adapters run before everything else, middleware and their own 404s included. There is one per adapter:
 * ours keeps the place, and whoever else asks for it, before or after us, runs right behind.
 */
function keepRequestHook(adapter: AbstractHttpAdapter, edge: Edge): void {
  if (adapter.getType() !== 'express' && adapter.getType() !== 'fastify') {
    throw new TypeError(`secureApp: the ${adapter.getType()} adapter is not supported. Use Express or Fastify.`);
  }
  let next = Reflect.get(adapter, 'onRequestHook') as RequestHook | undefined;
  const hook: RequestHook = (request, response, done) => {
    if (edge.answers(request, response)) return undefined;
    if (next !== undefined) return next.call(adapter, request, response, done);
    done();
    return undefined;
  };
  adapter.setOnRequestHook(hook);
  adapter.setOnRequestHook = (other: RequestHook) => {
    next = other;
  };
  // Fastify's router answers a malformed target before any hook but this one: headers are all it can still get.
  if (adapter.getType() === 'fastify') {
    adapter.registerSecurityHook((request: HttpRequest, response: object) => {
      edge.dress(request, response as HttpResponse);
      return undefined;
    });
  }
}

/**
 * Nest runs global guards and interceptors in the order their modules came. Whoever came first would see no caller yet,
 * or add to an answer that was filtered already, or keep one person's answer for another.
 */
function putOursFirst(config: ApplicationConfig): void {
  moveToFront(config.getGlobalGuards(), (guard) => guard instanceof SecurityGuard);
  moveToFront(config.getGlobalInterceptors(), (interceptor) => OUTERMOST_INTERCEPTOR in interceptor);
}

function moveToFront<T extends object>(list: T[], isOurs: (each: T) => boolean): void {
  const ours = list.filter(isOurs);
  list.splice(0, list.length, ...ours, ...list.filter((each) => !isOurs(each)));
}

/** Fastify waits for a request without end unless told otherwise; Node itself gives one five minutes. */
function limitSlowRequests(app: INestApplication): void {
  const server = app.getHttpServer() as { requestTimeout?: number };
  server.requestTimeout ||= 300_000;
}

type BodyParser = (request: HttpRequest, body: unknown, done: (error: Error | null, body?: unknown) => void) => unknown;

interface BodyParsers {
  useBodyParser(type: string, options: Readonly<Record<string, unknown>>, parser?: BodyParser): unknown;
}

/**
 * Nest's own parsers, with our limit: what they count is the size after decompression. They keep the bytes of signed
 * bodies, which cannot be told from what was parsed.
 */
function limitParsers(app: INestApplication, adapter: AbstractHttpAdapter, { bodyLimit }: EdgeSettings): void {
  const { bodyParser } = (Reflect.get(app, 'appOptions') ?? {}) as { bodyParser?: boolean };
  if (bodyParser === false) return;
  find(app, RawBodies)?.markKept();
  const parsers = app as unknown as BodyParsers;
  if (adapter.getType() === 'express') {
    const verify = (request: HttpRequest, _response: unknown, bytes: unknown): void => keepRawBody(request, bytes);
    parsers.useBodyParser('json', { limit: bodyLimit, verify });
    // Flat, as on Fastify: `a[b]=c` is a field of that name, never an object.
    parsers.useBodyParser('urlencoded', { limit: bodyLimit, extended: false, verify });
  } else {
    for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
      parsers.useBodyParser(type, { bodyLimit }, keepingBytes(adapter, type));
    }
  }
}

/**
 * Fastify has no hook between reading and parsing: Nest's own parser for the type, with ours in front. A body of no bytes,
 * which some clients announce as JSON, is no body, as on Express.
 */
function keepingBytes(adapter: AbstractHttpAdapter, type: string): BodyParser {
  const ofNest = Reflect.get(adapter, 'getDefaultBodyParser') as (type: string) => BodyParser;
  const parse = ofNest.call(adapter, type);
  return function keepBytes(request, body, done) {
    // Nothing here unpacks it: what the guard of a signed route would say of it on Express.
    if (isSignedAndEncoded(request)) return done(encodedBody());
    keepRawBody(request, body);
    return (body as { length: number }).length === 0 ? done(null) : parse(request, body, done);
  };
}
