/** What do the drivers hand over of a request, and what is made of it for resolvers? */

import { noResponse, type Exchange, type HttpRequest, type HttpResponse } from '../core/transport.js';
import type { OperationRequest } from './operation.gate.js';

/** Express hands over `{ req, res }`, Fastify request and reply. */
export function exchangeOf([first, reply]: unknown[]): Exchange {
  const { req, res } = first as { req?: HttpRequest; res?: HttpResponse };
  if (req !== undefined && res !== undefined) return { request: req, response: res };
  return { request: first as HttpRequest, response: (reply as HttpResponse | undefined) ?? noResponse() };
}

export function bodyOf(exchange: Exchange | undefined): OperationRequest {
  return isBare(exchange?.request.body) ? exchange.request.body : {};
}

/** What the app wants in its context, never shared between requests. */
export async function appContext(given: unknown, args: readonly unknown[], own: object): Promise<object> {
  const made: unknown =
    typeof given === 'function' ? await (given as (...args: readonly unknown[]) => unknown)(...args) : given;
  if (typeof made !== 'object' || made === null) return { ...own };
  return Object.assign(Object.create(Object.getPrototypeOf(made) as object | null) as object, own, made);
}

/** One operation, not a list of them. */
function isBare(body: unknown): body is OperationRequest {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
