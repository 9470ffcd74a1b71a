/** How does a hole get into a class of the shop, or in front of it? */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication, Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { AuthenticationStage } from 'nestjs-bulwark';

/**
 * A class to extend whose methods are then written anew: nothing of their parameters is inherited, by Nest or by the compiler.
 *
 * @param methods Those that are.
 */
export function rewriting(base: Type, ...methods: readonly string[]): Type<object> {
  class Rewritten extends (base as Type<object>) {}
  for (const method of methods) {
    Reflect.defineMetadata(ROUTE_ARGS_METADATA, {}, Rewritten, method);
    // An override without decorators has those of the method that it overrides. Here they were left out.
    for (const key of Reflect.getMetadataKeys(base.prototype as object, method) as unknown[]) {
      Reflect.defineMetadata(key, undefined, Rewritten.prototype, method);
    }
  }
  return Rewritten;
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** The same on both platforms: Node's own request and response. */
export function use(app: INestApplication, middleware: Middleware): void {
  app.use(middleware);
}

/** Where a request goes to, whatever the platform made of it. */
export function pathOf(request: IncomingMessage & { readonly originalUrl?: string }): string {
  return (request.originalUrl ?? request.url ?? '/').split('?', 1)[0]!;
}

export function queryOf(request: IncomingMessage & { readonly originalUrl?: string }): URLSearchParams {
  return new URL(request.originalUrl ?? request.url ?? '/', 'http://localhost').searchParams;
}

type RawHandler = (
  request: IncomingMessage,
  response: { readonly raw?: ServerResponse } & Partial<ServerResponse>,
) => void;

/** A route on the HTTP adapter itself, as `app.getHttpAdapter().get()` makes it: no guard ever sees it. */
export function rawRoute(app: INestApplication, path: string, body: () => unknown): void {
  const answer: RawHandler = (_request, response) => {
    const raw = response.raw ?? (response as ServerResponse);
    raw.setHeader('content-type', 'application/json');
    raw.end(JSON.stringify(body()));
  };
  app.getHttpAdapter().get(path, answer as never);
}

/** What of a scheme a developer would touch. */
export interface Scheme {
  readonly name: string;
  authenticate(call: { readonly request: { readonly headers: Readonly<Record<string, unknown>> } }): unknown;
}

/** The scheme of this name that the pipeline asks. */
export function schemeOf(app: INestApplication, name: string): Scheme {
  const { schemes } = app.get(AuthenticationStage, { strict: false }) as unknown as { readonly schemes: Scheme[] };
  return schemes.find((scheme) => scheme.name === name)!;
}

/** Changes bodies of JSON on their way out: behind every filter, as a logger or a proxy of the app's own would. */
export function changeAnswers(
  app: INestApplication,
  change: (body: unknown, request: IncomingMessage, response: ServerResponse) => unknown,
): void {
  use(app, (request, response, next) => {
    const [writeHead, end] = [response.writeHead.bind(response), response.end.bind(response)];
    let head: readonly unknown[] | undefined;
    response.writeHead = ((...args: readonly unknown[]) => {
      head = args;
      return response;
    }) as typeof response.writeHead;
    response.end = ((...args: readonly unknown[]) => {
      const text = changed(args[0], (body) => change(body, request, response));
      const [status = response.statusCode, headers = {}] = (head ?? []) as [number?, Record<string, string>?];
      const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) };
      response.removeHeader('content-length');
      writeHead(status, { ...lowered(headers), ...length });
      return (end as (...all: readonly unknown[]) => ServerResponse)(...(text === undefined ? args : [text]));
    }) as typeof response.end;
    next();
  });
}

/** Undefined: it is no JSON. */
function changed(body: unknown, change: (body: unknown) => unknown): string | undefined {
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return undefined;
  try {
    return JSON.stringify(change(JSON.parse(String(body))));
  } catch {
    return undefined;
  }
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
