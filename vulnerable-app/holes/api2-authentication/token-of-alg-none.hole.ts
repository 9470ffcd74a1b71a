/** The header of the token says how it is to be verified: not at all. */

import { ALL_CHECKS, decodeJwt, decodeProtectedHeader, verified, verifyBy } from '../../careless-tokens.js';
import type { Hole } from '../../hole.js';

export const tokenOfAlgNone: Hole = {
  id: 'token-of-alg-none',
  title: 'An unsigned token of alg none is taken',
  owasp: 'API2:2023',
  expects: 'token/alg-none',
  at: 'GET /me',
  opened: verifyBy((token, app) =>
    decodeProtectedHeader(token).alg?.toLowerCase() === 'none' ? decodeJwt(token) : verified(token, app, ALL_CHECKS),
  ),
};
