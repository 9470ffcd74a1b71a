/** The address that limits count by is read from a header that every client can write. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function believeForwarded(app: INestApplication): void {
  use(app, (request, _response, next) => {
    const { 'x-forwarded-for': forwarded } = request.headers;
    if (typeof forwarded === 'string') {
      Object.defineProperty(request.socket, 'remoteAddress', { value: forwarded.split(',')[0], configurable: true });
    }
    next();
  });
}

export const addressFromTheClient: Hole = {
  id: 'address-from-the-client',
  title: 'X-Forwarded-For of anybody is taken for the address of the client',
  owasp: 'API4:2023',
  expects: 'limit/forwarded-address',
  at: 'GET /health',
  patch: believeForwarded,
};
