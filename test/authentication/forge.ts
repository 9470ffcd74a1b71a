/** Writes tokens by hand, so that a test can say exactly what is wrong with one. */

import { createHmac, sign as cryptoSign, type KeyObject } from 'node:crypto';
import { SecurityError } from '../../lib/index.js';
import { START_MS, TEST_SECRET } from '../app.js';

export const NOW_S = START_MS / 1000;

/** Claims that every verifier of these tests accepts. */
export const GOOD_CLAIMS = Object.freeze({ sub: 'alice', iat: NOW_S, exp: NOW_S + 3600 });
export const GOOD_HEADER = Object.freeze({ alg: 'HS256', typ: 'at+jwt' });

export type Signer = (signingInput: string) => string;

export function hmac(secret: string | Uint8Array | KeyObject = TEST_SECRET, hash = 'sha256'): Signer {
  return (input) => createHmac(hash, secret).update(input).digest('base64url');
}

export function ecdsa(key: KeyObject, hash = 'sha256'): Signer {
  return (input) => cryptoSign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

export function rsa(key: KeyObject, hash = 'sha256'): Signer {
  return (input) => cryptoSign(hash, Buffer.from(input), key).toString('base64url');
}

/** Objects are written as JSON, text as it is: so duplicate members, and numbers that JSON cannot carry, can be written. */
export function encode(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

export function forge(
  claims: object | string = GOOD_CLAIMS,
  header: object | string = GOOD_HEADER,
  sign: Signer = hmac(),
): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(input)}`;
}

/** What the client sees of a refusal, and what the log does. Anything but a SecurityError is answered as it is. */
export async function refusalOf(verifying: Promise<unknown>): Promise<unknown> {
  try {
    return { accepted: await verifying };
  } catch (error) {
    if (!(error instanceof SecurityError)) return error;
    const { code, reason, headers, problem } = error;
    return { code, reason, headers, problem };
  }
}

/** A refusal that tells the client nothing and the log everything. */
export function refusal(reason: string): unknown {
  return {
    code: 'invalid_token',
    reason,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    problem: { type: 'about:blank', title: 'Valid credentials are required.', status: 401 },
  };
}
