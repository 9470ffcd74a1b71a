/** Keeps a refresh token where only its predecessor opens it: the store never holds one that could be used. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readRefreshToken, type RefreshToken } from './refresh-token.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a key that follows from the predecessor (HKDF, RFC 5869), bound to the session. */
export function sealSuccessor(predecessor: RefreshToken, successor: RefreshToken): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(predecessor), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(predecessor.sessionId));
  const sealed = [iv, cipher.update(successor.text, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString('base64url');
}

/** Undefined: it was not sealed for this predecessor. */
export function openSuccessor(predecessor: RefreshToken, sealed: string): RefreshToken | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
  const iv = bytes.subarray(0, IV_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(predecessor), iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(predecessor.sessionId));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    return readRefreshToken(text.toString('utf8'));
  } catch {
    return undefined;
  }
}

function keyFrom({ text, sessionId }: RefreshToken): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', text, sessionId, 'bulwark refresh successor', 32));
}
