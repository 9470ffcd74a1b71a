/** Makes access tokens the way another issuer would: with jose alone, nothing of ours. */

import { SignJWT, type JWTPayload } from 'jose';
import { START_MS, TEST_SECRET } from './app.js';

export interface TokenInit extends JWTPayload {
  readonly roles?: readonly string[];
  readonly scope?: string;
}

/** A good token: HS256 with the test secret, an hour from the frozen start. Every claim can be overridden. */
export function tokenFor(sub: string, claims: TokenInit = {}, secret = TEST_SECRET): Promise<string> {
  const iat = START_MS / 1000;
  return new SignJWT({ sub, iat, exp: iat + 3600, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .sign(new TextEncoder().encode(secret));
}
