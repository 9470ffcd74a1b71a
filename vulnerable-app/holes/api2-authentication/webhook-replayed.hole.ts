/** Nobody remembers which messages were seen. */

import type { Hole } from '../../hole.js';

export const webhookReplayed: Hole = {
  id: 'webhook-replayed',
  title: 'A signed webhook counts as often as it is sent',
  owasp: 'API2:2023',
  expects: 'signature/replayed',
  at: 'POST /webhooks/payments',
  options: (options) => ({ ...options, stores: { ...options.stores, nonces: { spend: () => true } } }),
};
