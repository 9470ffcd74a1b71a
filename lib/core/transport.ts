/** Where are request and response of this call? One answer per transport, the same shape for Express and Fastify. */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { Route } from './route.js';
import type { DiscoveredRoute } from './route-discovery.js';

/** What stages may read of a request. Express and Fastify both have it. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly originalUrl?: string;
  readonly headers: IncomingHttpHeaders;
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  /** The Node request, where the framework wraps it (Fastify). */
  readonly raw?: IncomingMessage;
  readonly socket?: IncomingMessage['socket'];
  user?: unknown;
}

export interface HttpResponse {
  /** The Node response, where the framework wraps it (Fastify). */
  readonly raw?: ServerResponse;
}

export interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
}

/** What a call brings besides its request, where many calls share one request. */
export interface CallInput {
  /** The named arguments, where HTTP has path parameters: `@OwnedBy({ param })` reads them. */
  readonly params?: unknown;
  /** What the caller sent, where HTTP has a body. */
  readonly body?: unknown;
  /** What is called, for digests and events: `Query.order`. */
  readonly target?: string;
  /** What the call takes from the caller's bucket, in tokens, where that is known only now. Default: what its route says. */
  readonly cost?: number;
}

/** What may leave of a handler's answer, as a transport's own schema says. */
export interface SchemaOutput {
  /** `[Order!]!` */
  readonly shape: string;
  readonly kind: 'objects' | 'scalars';
  /** Field of a type → who sees it: `User.email` → `owner`, roles, or `everybody`. Of every type that hangs from it. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
}

/** Finds the HTTP exchange behind an execution context. A subpath such as `./graphql` brings its own. */
export interface Transport {
  /** The context type it serves: `http`, `graphql`, `ws`, `rpc`. */
  readonly type: string;
  /** Throws SecurityError where there is none: nobody can be recognised then. */
  exchange(context: ExecutionContext): Exchange;
  /**
   * Something that is there once per call, and among the context's arguments: the call is kept on it, so that guards and
   * parameters find the same one. Default: the request, of which HTTP has one per call.
   */
  anchor?(context: ExecutionContext): object;
  /** Default: the request says it all. */
  input?(context: ExecutionContext): CallInput;
  /** Paths on the HTTP adapter that lead to its handlers. They are no routes that slip past the pipeline. Default none. */
  paths?(): readonly string[];
  /** Every handler of this transport, compiled at boot with those of HTTP. */
  routes?(): Iterable<DiscoveredRoute>;
  /** What a schema lets out of its answer, once the app is initialised. Default: no schema tells, but `@Returns()`. */
  outputOf?(route: Route): SchemaOutput | undefined;
}

export const httpTransport: Transport = Object.freeze({
  type: 'http',
  exchange: (context: ExecutionContext) => {
    const http = context.switchToHttp();
    return { request: http.getRequest<HttpRequest>(), response: http.getResponse<HttpResponse>() };
  },
});

/**
 * Stands in for a response where there is none to write to, such as on a socket: headers are kept for nobody, and it never
 * closes.
 */
export function noResponse(): HttpResponse {
  const headers = new Map<string, unknown>();
  const response = {
    headersSent: false,
    statusCode: 200,
    setHeader(name: string, value: unknown) {
      headers.set(name.toLowerCase(), value);
      return response;
    },
    getHeader: (name: string) => headers.get(name.toLowerCase()),
    hasHeader: (name: string) => headers.has(name.toLowerCase()),
    removeHeader: (name: string) => void headers.delete(name.toLowerCase()),
    once: () => response,
  };
  return response as unknown as HttpResponse;
}

/** The Node request behind the framework's. */
export function rawRequest(request: HttpRequest | IncomingMessage): IncomingMessage {
  return (request as HttpRequest).raw ?? (request as IncomingMessage);
}

/** The Node response behind the framework's. Headers set on it reach the client on Express and on Fastify. */
export function rawResponse(response: HttpResponse): ServerResponse {
  return response.raw ?? (response as unknown as ServerResponse);
}

/** Longer paths are cut in events: a log must not grow with what a client makes up. */
const MAX_EVENT_PATH = 256;

/** The path for an event: without the query, and of bounded length. */
export function eventPathOf(request: HttpRequest): string {
  const path = pathOf(request);
  return path.length <= MAX_EVENT_PATH ? path : `${path.slice(0, MAX_EVENT_PATH)}…`;
}

/** The path as the client wrote it, without the query, which may hold secrets. */
export function pathOf(request: HttpRequest): string {
  const url = request.originalUrl ?? request.url;
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** The host that the client asked for: the Host header, in HTTP/2 `:authority`. X-Forwarded-Host is never read. */
export function hostOf({ headers }: IncomingMessage): string | undefined {
  const authority = headers[':authority'];
  return typeof authority === 'string' ? authority : headers.host;
}
