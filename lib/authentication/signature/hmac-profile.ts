/** The HMAC profile: one header, as webhook senders do it, over method, path, query, time, nonce and body. */

import { createHash } from 'node:crypto';
import { refuseSignature } from './signature-refusal.js';
import type { SignedMessage } from './signed-message.js';

export const HMAC_HEADER = 'X-Signature';

export interface HmacSignature {
  /** Unix time, in seconds. */
  readonly time: number;
  readonly nonce: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

const PARTS = {
  t: /^[0-9]{1,11}$/,
  n: /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
  k: /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
  v1: /^[0-9a-f]{64}$/i,
} as const;

const LONGEST_HEADER = 512;

/** The components that this profile always covers, in the words of the other one. */
export const HMAC_COMPONENTS: readonly string[] = Object.freeze(['@method', '@path', '@query', 'content-digest']);

/** @throws SecurityError unless there is exactly one header with each part exactly once. */
export function parseHmacHeader(lines: readonly string[]): HmacSignature {
  const [line = ''] = lines;
  if (lines.length !== 1 || line.length > LONGEST_HEADER) throw refuseSignature('signature_header_malformed');
  const found = new Map<string, string>();
  for (const part of line.split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    const isPart = equals !== -1 && Object.hasOwn(PARTS, name) && !found.has(name);
    if (!isPart || !PARTS[name as keyof typeof PARTS].test(value)) throw refuseSignature('signature_header_malformed');
    found.set(name, value);
  }
  if (found.size !== 4) throw refuseSignature('signature_header_incomplete');
  return {
    time: Number(found.get('t')),
    nonce: found.get('n')!,
    keyId: found.get('k')!,
    signature: Buffer.from(found.get('v1')!, 'hex'),
  };
}

/** @throws TypeError for a nonce or an id that the header cannot hold. */
export function formatHmacHeader({ time, nonce, keyId, signature }: HmacSignature): string {
  if (!PARTS.n.test(nonce) || !PARTS.k.test(keyId)) {
    throw new TypeError('signRequest: nonce and keyId hold no spaces and no commas, and at most 128 characters.');
  }
  return `t=${time},n=${nonce},k=${keyId},v1=${Buffer.from(signature).toString('hex')}`;
}

/** The seven lines that are signed. */
export function hmacBase(message: SignedMessage, time: number | string, nonce: string): Uint8Array {
  const bodyHash = createHash('sha256').update(message.body).digest('hex');
  const { method, path, query } = message;
  return Buffer.from(['v1', String(time), nonce, method, path, sortedQuery(query), bodyHash].join('\n'), 'utf8');
}

/** By name, then by value: proxies and clients may order parameters as they like, but change none. */
function sortedQuery(query: string): string {
  if (query.length <= 1) return '';
  const pairs = [...new URLSearchParams(query)];
  pairs.sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue));
  return new URLSearchParams(pairs).toString();
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
