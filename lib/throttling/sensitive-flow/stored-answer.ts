/** What is kept of an answer, and how is it given again? */

import { HttpException, StreamableFile } from '@nestjs/common';
import { SecurityError, type InputError, type SecurityErrorCode } from '../../core/errors.js';
import { rawResponse, type HttpRequest, type HttpResponse } from '../../core/transport.js';
import type { StoredAnswer } from './idempotency.store.js';

/** Headers that belong to the answer. Not `Set-Cookie`: a credential is given once. */
const KEPT_HEADERS = [
  'content-type',
  'content-language',
  'content-location',
  'content-disposition',
  'location',
  'link',
  'etag',
  'last-modified',
];

/** What a client may mend and try again with the same key: who it is, what it may, how often. Nothing of these is final. */
const NOT_FINAL: ReadonlySet<number> = new Set([401, 403, 408, 425, 429]);

/** Nest's own mark of a request whose pipes refused it: the handler never ran. */
const REJECTED_BY_PIPES = Symbol.for('nestjs:rejected-by-pipes');

/** What Express' response and Fastify's reply have in common here. */
interface HeaderCarrier {
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
}

/** Keeps what a handler answered, filtered already. What cannot be kept is marked, so that it is not done twice. */
export function answerOf(value: unknown, response: HttpResponse, maxBytes: number): StoredAnswer {
  const { statusCode: status, headersSent } = rawResponse(response);
  const lost: StoredAnswer = { kind: 'lost', status, headers: {} };
  if (headersSent || (typeof value === 'object' && value !== null && !isPlain(value))) return lost;
  const body = jsonOf(value);
  if (body === undefined && value !== undefined) return lost;
  if (body !== undefined && Buffer.byteLength(body) > maxBytes) return lost;
  return { kind: 'body', status, headers: headersOf(response), ...(body !== undefined && { body }) };
}

/** Keeps a refusal that the handler gave. Undefined: nothing was done, or it may go better next time. */
export function refusalOf(error: unknown, request: HttpRequest, maxBytes: number): StoredAnswer | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const status = error.getStatus();
  if (!(status >= 400 && status < 500) || NOT_FINAL.has(status)) return undefined;
  if (Reflect.get(request, REJECTED_BY_PIPES) === true) return undefined;
  const headers = error instanceof SecurityError ? { ...error.headers } : {};
  const body = jsonOf(error.getResponse());
  if (body === undefined || Buffer.byteLength(body) > maxBytes) return { kind: 'lost', status, headers: {} };
  return { kind: 'refusal', status, headers, body, ...(error instanceof SecurityError && { code: error.code }) };
}

/** Gives an answer again: the value to answer with. @throws the refusal that it was, or that it was not kept. */
export function replay({ kind, status, headers, body, code }: StoredAnswer, response: HttpResponse): unknown {
  const value: unknown = body === undefined ? undefined : JSON.parse(body);
  switch (kind) {
    case 'lost':
      throw new SecurityError('idempotency_spent', { reason: 'answer_not_kept' });
    case 'refusal':
      throw code === undefined
        ? new HttpException(value as string | Record<string, unknown>, status)
        : securityError(code as SecurityErrorCode, headers, value as Record<string, unknown>);
    case 'body': {
      rawResponse(response).statusCode = status;
      const carrier = response as unknown as HeaderCarrier;
      for (const name of Object.keys(headers)) carrier.header(name, headers[name]!);
      return value;
    }
    default:
      return kind satisfies never;
  }
}

function securityError(
  code: SecurityErrorCode,
  headers: Readonly<Record<string, string>>,
  { type: _type, title: _title, status: _status, errors, ...extensions }: Record<string, unknown>,
): SecurityError {
  const given = errors === undefined ? {} : { errors: errors as readonly InputError[] };
  return new SecurityError(code, { reason: 'answer_replayed', headers, extensions, ...given });
}

function headersOf(response: HttpResponse): Record<string, string> {
  const carrier = response as unknown as HeaderCarrier;
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = carrier.getHeader(name);
    if (typeof value === 'string' || typeof value === 'number') kept[name] = String(value);
  }
  return kept;
}

/** Files, bytes, streams and whole responses can be sent once. */
function isPlain(value: object): boolean {
  if (value instanceof StreamableFile || value instanceof Response) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return false;
  const { pipe, [Symbol.asyncIterator]: iterate } = value as { pipe?: unknown; [Symbol.asyncIterator]?: unknown };
  return typeof pipe !== 'function' && typeof iterate !== 'function';
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
