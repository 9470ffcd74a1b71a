/** Failed logins are counted by nobody. */

import type { Hole } from '../../hole.js';

export const loginWithoutLimits: Hole = {
  id: 'login-without-limits',
  title: 'Passwords may be tried out without end',
  owasp: 'API2:2023',
  expects: 'limit/login',
  at: 'POST /auth/login',
  options: (options) => ({
    ...options,
    stores: {
      ...options.stores,
      loginDefence: {
        begin: () => ({ retryAfterMs: 0 }),
        fail: () => ({}),
        succeed: () => undefined,
        release: () => undefined,
      },
    },
  }),
};
