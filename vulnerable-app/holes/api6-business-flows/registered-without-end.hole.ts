/** Only the limits of callers are kept; those of flows get a fresh bucket each time. */

import { MemoryBucketStore } from 'nestjs-bulwark';
import type { Hole } from '../../hole.js';

export const registeredWithoutEnd: Hole = {
  id: 'registered-without-end',
  title: 'Accounts are registered by the thousand from one address',
  owasp: 'API6:2023',
  expects: 'flow/limit',
  at: 'POST /auth/register',
  options: (options) => {
    const store = new MemoryBucketStore();
    return {
      ...options,
      stores: {
        ...options.stores,
        buckets: {
          take: (demands, nowMs) =>
            store.take(
              demands.map((each) => ({
                ...each,
                key: /register/.test(each.key) ? `${each.key}/${nextId()}` : each.key,
              })),
              nowMs,
            ),
        },
      },
    };
  },
};

let last = 0;

function nextId(): number {
  return ++last;
}
