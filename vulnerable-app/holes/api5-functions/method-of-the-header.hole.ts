/** For clients that only know GET and POST: a header says what the request is, before anybody has looked at it. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function believeTheHeader(app: INestApplication): void {
  use(app, (request, _response, next) => {
    const { 'x-http-method-override': method } = request.headers;
    if (typeof method === 'string') request.method = method.toUpperCase();
    next();
  });
}

export const methodOfTheHeader: Hole = {
  id: 'method-of-the-header',
  title: 'X-HTTP-Method-Override makes another request of it',
  owasp: 'API5:2023',
  expects: 'method/override',
  at: 'GET /users/:id',
  platforms: ['express'],
  patch: believeTheHeader,
};
