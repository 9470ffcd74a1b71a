/** One key for every algorithm: the public key, which everybody has, is also taken for a secret. */

import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { SigningKeys } from 'nestjs-bulwark';
import { ALL_CHECKS, decodeJwt, decodeProtectedHeader, verified, verifyBy } from '../../careless-tokens.js';
import type { Hole } from '../../hole.js';

function isSignedBy(token: string, app: INestApplication): boolean {
  const [jwk] = app.get(SigningKeys, { strict: false }).publicJwks().keys;
  const pem = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const [header, claims, signature] = token.split('.');
  return createHmac('sha256', pem).update(`${header}.${claims}`).digest('base64url') === signature;
}

export const tokenOfTwoAlgorithms: Hole = {
  id: 'token-of-two-algorithms',
  title: 'A token that was signed by HS256 with the public key is taken',
  owasp: 'API2:2023',
  expects: 'token/alg-confusion',
  at: 'GET /me',
  opened: verifyBy((token, app) => {
    if (decodeProtectedHeader(token).alg !== 'HS256') return verified(token, app, ALL_CHECKS);
    if (!isSignedBy(token, app)) throw new Error('wrong signature');
    return decodeJwt(token);
  }),
};
