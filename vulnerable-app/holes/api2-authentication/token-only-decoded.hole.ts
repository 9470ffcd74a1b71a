/** The token is decoded, and the code that was to verify it never came. */

import { decodeJwt, verifyBy } from '../../careless-tokens.js';
import type { Hole } from '../../hole.js';

export const tokenOnlyDecoded: Hole = {
  id: 'token-only-decoded',
  title: 'Tokens are decoded, not verified',
  owasp: 'API2:2023',
  expects: 'token/wrong-key',
  at: 'GET /me',
  opened: verifyBy((token) => decodeJwt(token)),
};
