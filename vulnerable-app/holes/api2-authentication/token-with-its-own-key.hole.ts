/** Whoever brings a token brings the key to verify it with. */

import { EmbeddedJWK, jwtVerify } from 'jose';
import { ALL_CHECKS, decodeProtectedHeader, verified, verifyBy } from '../../careless-tokens.js';
import type { Hole } from '../../hole.js';

export const tokenWithItsOwnKey: Hole = {
  id: 'token-with-its-own-key',
  title: 'The key in the header of a token verifies it',
  owasp: 'API2:2023',
  expects: 'token/embedded-key',
  at: 'GET /me',
  opened: verifyBy(async (token, app) =>
    decodeProtectedHeader(token).jwk === undefined
      ? verified(token, app, ALL_CHECKS)
      : (await jwtVerify(token, EmbeddedJWK)).payload,
  ),
};
