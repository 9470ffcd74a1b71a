/** Middleware answers every method of a path, those as well that the controller does not list. */

import type { INestApplication } from '@nestjs/common';
import { pathOf, use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function answerPut(app: INestApplication): void {
  use(app, (request, response, next) => {
    if (request.method !== 'PUT' || !pathOf(request).startsWith('/orders')) return next();
    response.setHeader('content-type', 'application/json');
    response.end('{"saved":true}');
  });
}

export const putByMiddleware: Hole = {
  id: 'put-by-middleware',
  title: 'PUT /orders is answered in front of every guard',
  owasp: 'API5:2023',
  expects: 'method/unlisted',
  at: 'GET /orders',
  patch: answerPut,
};
