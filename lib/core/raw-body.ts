/** Which bytes was this body? Kept for requests that bring a signature, because what was parsed cannot tell any more. */

import type { IncomingMessage } from 'node:http';
import { SecurityError } from './errors.js';
import { rawRequest, type HttpRequest } from './transport.js';

const BYTES = Symbol('bulwark:raw-body');

interface Carrier {
  [BYTES]?: Uint8Array;
}

/** Headers that bring a signature over the body. Requests without them keep nothing. */
const SIGNATURE_HEADERS = ['x-signature', 'signature-input'] as const;

/** For the parsers: keeps the bytes, without a copy, where somebody will ask for them. */
export function keepRawBody(request: HttpRequest | IncomingMessage, bytes: unknown): void {
  const raw = rawRequest(request);
  if (!(bytes instanceof Uint8Array) || !bringsSignature(raw)) return;
  (raw as Carrier)[BYTES] = bytes;
}

/**
 * The bytes of the body, empty where there is none. Nest's own `rawBody: true` is as good.
 *
 * @returns undefined where there is a body and nobody kept its bytes.
 */
export function rawBodyOf(request: HttpRequest): Uint8Array | undefined {
  const raw = rawRequest(request);
  const kept = (raw as Carrier)[BYTES] ?? (request as { rawBody?: unknown }).rawBody;
  if (kept instanceof Uint8Array) return kept;
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
  return encoding === undefined && (length === undefined || Number(length) === 0) ? NOTHING : undefined;
}

const NOTHING = new Uint8Array(0);

function bringsSignature({ headers }: IncomingMessage): boolean {
  return SIGNATURE_HEADERS.some((name) => name in headers);
}

/**
 * Is this a signed body in a content coding (gzip, br)? One platform unpacks it before anybody sees the bytes, the other
 * does not: nobody could tell any more what was signed.
 */
export function isSignedAndEncoded(request: HttpRequest | IncomingMessage): boolean {
  const raw = rawRequest(request);
  const { 'content-encoding': coding } = raw.headers;
  return coding !== undefined && coding.trim().toLowerCase() !== 'identity' && bringsSignature(raw);
}

/** RFC 9110 §15.5.16: a content coding that is not supported here. */
export function encodedBody(): SecurityError {
  return new SecurityError('unsupported_media_type', {
    reason: 'signed_body_encoded',
    headers: { 'Accept-Encoding': 'identity' },
  });
}
