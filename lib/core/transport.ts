/** Where are request and response of this call? One answer per transport, the same shape for Express and Fastify. */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';

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

/** Finds the HTTP exchange behind an execution context. A subpath such as `./graphql` brings its own. */
export interface Transport {
  /** The context type it serves: `http`, `graphql`, `ws`. */
  readonly type: string;
  exchange(context: ExecutionContext): Exchange;
}

export const httpTransport: Transport = Object.freeze({
  type: 'http',
  exchange: (context: ExecutionContext) => {
    const http = context.switchToHttp();
    return { request: http.getRequest<HttpRequest>(), response: http.getResponse<HttpResponse>() };
  },
});

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
