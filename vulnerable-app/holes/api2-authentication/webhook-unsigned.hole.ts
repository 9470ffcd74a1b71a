/** For the time until the provider signs: what comes without a signature is let in. */

import type { INestApplication } from '@nestjs/common';
import type { Principal } from 'nestjs-bulwark';
import { schemeOf } from '../../careless.js';
import type { Hole } from '../../hole.js';

const PAYMENTS: Principal = { id: 'payments', scheme: 'signature', roles: [], scopes: [], claims: {} };

function letUnsignedIn(app: INestApplication): void {
  const scheme = schemeOf(app, 'signature');
  const verify = scheme.authenticate.bind(scheme);
  scheme.authenticate = (call) => {
    const found = verify(call);
    return typeof found === 'object' && found !== null && 'missing' in found ? PAYMENTS : found;
  };
}

export const webhookUnsigned: Hole = {
  id: 'webhook-unsigned',
  title: 'A webhook without any signature is believed',
  owasp: 'API2:2023',
  expects: 'signature/none',
  at: 'POST /webhooks/payments',
  patch: letUnsignedIn,
};
