/** The store of revocations forgets what it is told, and says that all is well. */

import type { Hole } from '../../hole.js';

export const revokedTokenRemembered: Hole = {
  id: 'revoked-token-remembered',
  title: 'A token that was revoked still opens everything',
  owasp: 'API2:2023',
  expects: 'token/revoked',
  at: 'GET /me',
  options: (options) => ({
    ...options,
    stores: { ...options.stores, revocations: { deny: () => undefined, isDenied: () => false } },
  }),
};
