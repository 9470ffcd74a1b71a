/** Is this the content that the digest was made of? RFC 9530 Content-Digest, over the bytes as they came. */

import { createHash } from 'node:crypto';
import { parseDictionary, type Dictionary } from 'structured-headers';
import { equalSecrets } from '../../core/secrets.js';
import { refuseSignature } from './signature-refusal.js';

/** RFC 9530 §5: the active ones. The others are there to catch accidents, not attackers. */
const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/** No sane field is longer; parsing takes time by its length. */
const LONGEST_FIELD = 8192;

/** The value of a Content-Digest field for these bytes. */
export function contentDigest(body: Uint8Array, algorithm: 'sha-256' | 'sha-512' = 'sha-256'): string {
  return `${algorithm}=:${createHash(HASHES[algorithm]!).update(body).digest('base64')}:`;
}

/** What a sender has to write: the digest of these bytes where what was given is wrong, or where it is covered and missing. */
export function digestField(given: string | undefined, body: Uint8Array, isCovered: boolean): string | undefined {
  if (given === undefined) return isCovered ? contentDigest(body) : undefined;
  try {
    checkContentDigest(given, body);
    return undefined;
  } catch {
    // Of an earlier body, in a retry: it would make the receiver refuse this one.
    return contentDigest(body);
  }
}

/**
 * Every digest that we know must be right, and there must be one. Unknown algorithms count for nothing.
 *
 * @throws SecurityError otherwise.
 */
export function checkContentDigest(value: string, body: Uint8Array): void {
  let known = 0;
  for (const [name, [digest]] of dictionaryOf(value)) {
    const hash = Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
    if (hash === undefined) continue;
    known++;
    if (!(digest instanceof ArrayBuffer)) throw refuseSignature('content_digest_malformed');
    if (!equalSecrets(createHash(hash).update(body).digest(), new Uint8Array(digest))) {
      throw refuseSignature('content_digest_mismatch');
    }
  }
  if (known === 0) throw refuseSignature('content_digest_unknown_algorithm');
}

function dictionaryOf(value: string): Dictionary {
  if (value.length > LONGEST_FIELD) throw refuseSignature('content_digest_too_long');
  try {
    return parseDictionary(value);
  } catch (error) {
    throw refuseSignature('content_digest_malformed', error);
  }
}
