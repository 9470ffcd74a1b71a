/** Is a request of a kind and size that this app takes? By its declaration here, by counted bytes in `body-counter.ts`. */

import { METHODS, type IncomingHttpHeaders } from 'node:http';
import { nearest, optionError } from '../core/checks.js';
import { SecurityError } from '../core/errors.js';

export interface BodyLimits {
  /** Bytes. */
  readonly bodyLimit: number;
  /** Bytes, of multipart bodies. */
  readonly uploadLimit: number;
  /** Media types, lower case, without parameters. */
  readonly contentTypes: ReadonlySet<string>;
}

/** TRACE echoes the credentials it was sent with, CONNECT asks for a tunnel: an API answers neither. */
const NEVER = ['TRACE', 'TRACK', 'CONNECT'];

/** @throws TypeError for what is no method, or must not be one here. */
export function completeMethods(option: string, methods: readonly string[]): readonly string[] {
  if (!Array.isArray(methods) || methods.length === 0) {
    throw optionError(option, methods, 'names no method', "Use e.g. ['GET', 'HEAD', 'POST'].");
  }
  for (const [index, method] of (methods as readonly unknown[]).entries()) {
    const place = `${option}[${index}]`;
    if (NEVER.includes(String(method))) throw optionError(place, method, 'is never answered', 'Remove it.');
    if (typeof method === 'string' && METHODS.includes(method)) continue;
    const near = typeof method === 'string' ? nearest(method, METHODS) : undefined;
    throw optionError(place, method, 'is no method', near ? `Did you mean "${near}"?` : 'Use e.g. "GET".');
  }
  return Object.freeze([...(methods as readonly string[])]);
}

/** 405, with what is allowed instead (RFC 9110 §15.5.6). */
export function methodRefusal(allowed: readonly string[]): SecurityError {
  return new SecurityError('method_not_allowed', {
    reason: 'method_not_listed',
    headers: { Allow: allowed.join(', ') },
  });
}

export function hasBody(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** RFC 9110 §5.6.6: one parameter of a media type, or an empty one. */
const PARAMETER =
  /;[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=([\w!#$%&'*+.^`|~-]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*")[ \t]*)?/y;

/** 413 for a body that says it is too large, 415 for one of a type that nothing here reads. */
export function bodyRefusal(headers: IncomingHttpHeaders, limits: BodyLimits): SecurityError | undefined {
  const type = mediaTypeOf(headers);
  if (!limits.contentTypes.has(type)) {
    return new SecurityError('unsupported_media_type', {
      reason: type === '' ? 'content_type_missing' : 'content_type_not_listed',
      headers: { Accept: [...limits.contentTypes].join(', ') },
    });
  }
  const wrong = charsetProblem(headers['content-type'] ?? '');
  if (wrong !== undefined) return new SecurityError('unsupported_media_type', { reason: wrong });
  const length = headers['content-length'];
  return length !== undefined && Number(length) > limitOf(headers, limits) ? tooLarge('content_length') : undefined;
}

/** How many bytes the body of this request may have. */
export function limitOf(headers: IncomingHttpHeaders, { bodyLimit, uploadLimit }: BodyLimits): number {
  return mediaTypeOf(headers).startsWith('multipart/') ? uploadLimit : bodyLimit;
}

export function tooLarge(reason: string): SecurityError {
  return new SecurityError('payload_too_large', { reason });
}

/**
 * Parsers that decode other charsets than those in front of them read another body than those saw, under the same signature.
 * So there is one way to read the parameters, and what does not read that way, or names a charset twice, is refused.
 */
function charsetProblem(type: string): string | undefined {
  let index = type.indexOf(';');
  if (index === -1) return undefined;
  let charset: string | undefined;
  while (index < type.length) {
    PARAMETER.lastIndex = index;
    const parameter = PARAMETER.exec(type);
    if (parameter === null) return 'content_type_malformed';
    index = PARAMETER.lastIndex;
    const [, name, value] = parameter;
    if (name === undefined || !/^charset(?:\*|$)/i.test(name)) continue;
    if (name.includes('*')) return 'content_type_malformed'; // RFC 8187 spells values another way; nobody means it here.
    if (charset !== undefined) return 'charset_repeated';
    charset = value!.toLowerCase();
  }
  return charset === undefined || /^"?utf-8"?$/.test(charset) ? undefined : 'charset_not_utf8';
}

function mediaTypeOf(headers: IncomingHttpHeaders): string {
  const type = headers['content-type'] ?? '';
  const end = type.indexOf(';');
  return (end === -1 ? type : type.slice(0, end)).trim().toLowerCase();
}
