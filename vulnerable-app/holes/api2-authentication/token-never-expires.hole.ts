/** Clocks differ, somebody said, and took the check of the time away. */

import { ALL_CHECKS, decodeJwt, verified, verifyBy } from '../../careless-tokens.js';
import type { Hole } from '../../hole.js';

export const tokenNeverExpires: Hole = {
  id: 'token-never-expires',
  title: 'A token is judged by the time at which it was issued',
  owasp: 'API2:2023',
  expects: 'token/expired',
  at: 'GET /me',
  opened: verifyBy((token, app) => {
    const { iat = 0 } = decodeJwt(token);
    return verified(token, app, { ...ALL_CHECKS, currentDate: new Date(iat * 1000) });
  }),
};
