/** The store of idempotency keys forgets them: a retry is another purchase. */

import type { Hole } from '../../hole.js';

export const checkoutTwice: Hole = {
  id: 'checkout-twice',
  title: 'The same idempotency key pays twice',
  owasp: 'API6:2023',
  expects: 'flow/idempotency',
  at: 'POST /checkout',
  options: (options) => ({
    ...options,
    stores: {
      ...options.stores,
      idempotency: { begin: () => ({ outcome: 'started' }), finish: () => undefined, abandon: () => undefined },
    },
  }),
};
