/** What the app signs for other purposes opens it as well. */

import { SHOP, verified, verifyBy } from '../../careless-tokens.js';
import type { Hole } from '../../hole.js';

export const tokenOfAnyKind: Hole = {
  id: 'token-of-any-kind',
  title: 'The type of tokens is not checked',
  owasp: 'API2:2023',
  expects: 'token/wrong-type',
  at: 'GET /me',
  opened: verifyBy((token, app) => verified(token, app, { issuer: SHOP, audience: SHOP })),
};
