/** Answers on the bare Node response, before any framework has one of its own. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SecurityError } from '../core/errors.js';

/** `application/problem+json` (RFC 9457). Where an answer has begun already it can only be cut off. */
export function answerRefusal(request: IncomingMessage, response: ServerResponse, refusal: SecurityError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(refusal.problem);
  response.statusCode = refusal.getStatus();
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** 308 keeps the method (RFC 9110 §15.4.9). */
export function answerRedirect(response: ServerResponse, location: string): void {
  response.statusCode = 308;
  response.setHeader('Location', location);
  response.setHeader('Content-Length', '0');
  response.end();
}
