/** The issuer signs for many apps, and this one takes the tokens of them all. */

import { SHOP, verified, verifyBy } from '../../careless-tokens.js';
import type { Hole } from '../../hole.js';

export const tokenForAnybody: Hole = {
  id: 'token-for-anybody',
  title: 'The audience of tokens is not checked',
  owasp: 'API2:2023',
  expects: 'token/wrong-audience',
  at: 'GET /me',
  opened: verifyBy((token, app) => verified(token, app, { issuer: SHOP, typ: 'at+jwt' })),
};
