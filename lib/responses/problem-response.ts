/** Sends a problem over Express or Fastify, whichever way the request came. */

import type { ServerResponse } from 'node:http';
import type { ProblemDetails } from '../core/errors.js';
import { rawResponse, type HttpResponse } from '../core/transport.js';

/** What is needed of a Fastify reply. */
interface Reply {
  readonly sent: boolean;
  code(status: number): this;
  header(name: string, value: string | number): this;
  hasHeader(name: string): boolean;
  removeHeader(name: string): this;
  send(payload: Uint8Array): this;
}

/** Headers that describe an answer which is not being sent after all. */
const STALE = [
  'Content-Encoding',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Last-Modified',
  'Transfer-Encoding',
];

/** Never throws: an error on the way out of an error has nowhere to go. */
export function sendProblem(
  response: HttpResponse,
  problem: ProblemDetails,
  headers: Readonly<Record<string, string>>,
): void {
  const raw = rawResponse(response);
  if (raw.headersSent) {
    // Half an answer is out. Cutting it off is the only way to tell the client that it is not whole.
    if (!raw.writableEnded) raw.destroy();
    return;
  }
  const bytes = bytesOf(problem);
  if (isReply(response)) {
    if (!response.sent) sendByReply(response, problem.status, headers, bytes);
  } else {
    sendRaw(raw, problem.status, headers, bytes);
  }
}

function sendByReply(reply: Reply, status: number, headers: Readonly<Record<string, string>>, bytes: Buffer): void {
  for (const name of STALE) if (reply.hasHeader(name)) reply.removeHeader(name);
  reply.code(status).header('Content-Type', 'application/problem+json').header('Cache-Control', 'no-store');
  for (const name of Object.keys(headers)) reply.header(name, headers[name]!);
  reply.header('Content-Length', bytes.length).send(bytes);
}

function sendRaw(raw: ServerResponse, status: number, headers: Readonly<Record<string, string>>, bytes: Buffer): void {
  for (const name of STALE) if (raw.hasHeader(name)) raw.removeHeader(name);
  raw.statusCode = status;
  raw.setHeader('Content-Type', 'application/problem+json');
  raw.setHeader('Cache-Control', 'no-store');
  for (const name of Object.keys(headers)) raw.setHeader(name, headers[name]!);
  raw.setHeader('Content-Length', bytes.length);
  // Node leaves the body out of the answer to a HEAD.
  raw.end(bytes);
}

function isReply(response: HttpResponse): response is HttpResponse & Reply {
  return response.raw !== undefined && typeof (response as Partial<Reply>).send === 'function';
}

/** Bodies of the frozen problems that every bare refusal shares, serialised once: refusing has to cost less than answering. */
const serialised = new WeakMap<ProblemDetails, Buffer>();

function bytesOf(problem: ProblemDetails): Buffer {
  if (!Object.isFrozen(problem)) return Buffer.from(JSON.stringify(problem));
  let bytes = serialised.get(problem);
  if (bytes === undefined) serialised.set(problem, (bytes = Buffer.from(JSON.stringify(problem))));
  return bytes;
}
