/** The HMAC profile: one header, as webhook senders do it, over method, path, query, time, nonce and body. */

import { createHash } from 'node:crypto';
import { refuseSignature } from './signature-refusal.js';
import type { SignedMessage } from './signed-message.js';

export const HMAC_HEADER = 'X-Signature';

export interface HmacSignature {
  /** Unix time, in seconds, as written: what was signed are its digits. */
  readonly time: string;
  readonly nonce: string;
  /** Undefined: the header does not say. */
  readonly keyId: string | undefined;
  /** One, or several while the sender changes from one secret to another. */
  readonly signatures: readonly Uint8Array[];
}

const PARTS = {
  t: /^[0-9]{1,11}$/,
  n: /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
  k: /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
  v1: /^[0-9a-f]{64}$/i,
} as const;

const LONGEST_HEADER = 512;
const MOST_SIGNATURES = 3;
/** Where `node:querystring` stops reading. */
const MOST_PARAMETERS = 1_000;

/** The components that this profile always covers, in the words of the other one. */
export const HMAC_COMPONENTS: readonly string[] = Object.freeze(['@method', '@path', '@query', 'content-digest']);

/** @throws SecurityError unless there is exactly one header, each part once: `v1` up to three times, `k` perhaps not at all. */
export function parseHmacHeader(lines: readonly string[]): HmacSignature {
  const [line = ''] = lines;
  if (lines.length !== 1 || line.length > LONGEST_HEADER) throw refuseSignature('signature_header_malformed');
  const found = new Map<string, string>();
  const signatures: Uint8Array[] = [];
  for (const part of line.split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    const isPart = equals !== -1 && Object.hasOwn(PARTS, name) && !found.has(name);
    if (!isPart || !PARTS[name as keyof typeof PARTS].test(value)) throw refuseSignature('signature_header_malformed');
    if (name === 'v1') signatures.push(Buffer.from(value, 'hex'));
    else found.set(name, value);
  }
  const time = found.get('t');
  const nonce = found.get('n');
  if (signatures.length > MOST_SIGNATURES) throw refuseSignature('signature_count');
  if (time === undefined || nonce === undefined || signatures.length === 0) {
    throw refuseSignature('signature_header_incomplete');
  }
  return { time, nonce, keyId: found.get('k'), signatures };
}

/** Can the header hold this? Not what would end the part, or break the line. */
export function fitsHmacHeader(text: string): boolean {
  return PARTS.n.test(text);
}

export function formatHmacHeader(time: number, nonce: string, keyId: string, signature: Uint8Array): string {
  return `t=${time},n=${nonce},k=${keyId},v1=${Buffer.from(signature).toString('hex')}`;
}

/**
 * The seven lines that are signed. The host is not among them.
 *
 * @param time As in the header, digit by digit.
 * @throws SecurityError for a query that two readers could understand in two ways.
 */
export function hmacBase(message: SignedMessage, time: string, nonce: string): Uint8Array {
  const bodyHash = createHash('sha256').update(message.body).digest('hex');
  const { method, path, query } = message;
  // RFC 9112 §3.2: no target has one. Some readers cut there, others read on.
  if (path.includes('#') || query.includes('#')) throw refuseSignature('target_malformed');
  return Buffer.from(['v1', time, nonce, method, path, sortedQuery(query), bodyHash].join('\n'), 'utf8');
}

/**
 * By name, then by value: proxies and clients may order parameters as they like, but change none. That order is signed and
 * not the one that is sent, so nobody may be able to tell two of them apart: one reader takes the first value of a name,
 * another the last. The values of one name come sorted, or not at all.
 */
function sortedQuery(query: string): string {
  if (query.length <= 1) return '';
  if (!isStrictlyEncoded(query)) throw refuseSignature('query_malformed');
  const parts = query.slice(1).split('&');
  // Readers differ in what an empty part is, and stop counting somewhere: neither may make a parameter disappear.
  if (parts.length > MOST_PARAMETERS || parts.includes('')) throw refuseSignature('query_malformed');
  const pairs = [...new URLSearchParams(query)];
  const last = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (compare(last.get(name) ?? '', value) > 0) throw refuseSignature('query_values_not_sorted');
    last.set(name, value);
  }
  pairs.sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue));
  return new URLSearchParams(pairs).toString();
}

/** `URLSearchParams` makes one character of whatever is no UTF-8: two queries would have one signature. */
function isStrictlyEncoded(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
