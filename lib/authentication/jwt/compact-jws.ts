/** Takes a compact token apart without decoding anything that could not be one (RFC 7515 §3.1 and §7.1). */

import { refuseToken } from './token-refusal.js';

/** Over this a token is refused before anything of it is decoded. Characters, which are bytes here. */
export const MAX_TOKEN_LENGTH = 8192;

const MAX_HEADER_LENGTH = 2048;

export interface CompactJws {
  readonly header: string;
  /** May be empty, which no claims set is. */
  readonly payload: string;
  readonly signature: string;
}

/** Three parts of strict base64url, none of them oversized. Nothing is known of their meaning yet. */
export function splitCompactJws(token: unknown): CompactJws {
  if (typeof token !== 'string') throw refuseToken('not_a_string');
  if (token.length > MAX_TOKEN_LENGTH) throw refuseToken('token_too_large');
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first === -1 || second === -1 || token.includes('.', second + 1)) throw refuseToken('not_three_parts');
  if (first > MAX_HEADER_LENGTH) throw refuseToken('header_too_large');
  const header = token.slice(0, first);
  const payload = token.slice(first + 1, second);
  const signature = token.slice(second + 1);
  if (!isStrictBase64url(header) || !isStrictBase64url(signature) || (payload !== '' && !isStrictBase64url(payload))) {
    throw refuseToken('malformed_base64url');
  }
  return { header, payload, signature };
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** Letters whose lowest bits are zero: the only ones that can end an encoding with spare bits (RFC 4648 §3.5). */
const LAST_OF_TWO = 'AQgw';
const LAST_OF_THREE = 'AEIMQUYcgkosw048';

/** No padding, no spaces, no other letters, no stray bits: one text for each sequence of bytes. */
export function isStrictBase64url(text: unknown): text is string {
  if (typeof text !== 'string' || !BASE64URL.test(text)) return false;
  switch (text.length % 4) {
    case 0:
      return true;
    case 2:
      return LAST_OF_TWO.includes(text.at(-1)!);
    case 3:
      return LAST_OF_THREE.includes(text.at(-1)!);
    default:
      return false;
  }
}
