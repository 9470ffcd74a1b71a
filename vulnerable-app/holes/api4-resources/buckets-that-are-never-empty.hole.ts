/** The store of the limits is new, and answers yes until it is done. */

import type { Hole } from '../../hole.js';

export const bucketsThatAreNeverEmpty: Hole = {
  id: 'buckets-that-are-never-empty',
  title: 'Limits are declared everywhere, and hold nowhere',
  owasp: 'API4:2023',
  expects: 'limit/burst',
  at: 'GET /orders',
  options: (options) => ({
    ...options,
    stores: {
      ...options.stores,
      buckets: {
        take: (demands) => ({
          allowed: true,
          answers: demands.map(() => ({ allowed: true, remaining: 1, retryAfterMs: 0, resetMs: 0 })),
        }),
      },
    },
  }),
};
