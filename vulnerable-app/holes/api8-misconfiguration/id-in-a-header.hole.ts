/** A text of the client becomes a header, and a line break in it a fault. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function echoQuery(app: INestApplication): void {
  use(app, (request, response, next) => {
    const [, query = ''] = (request.url ?? '').split('?', 2);
    response.setHeader('x-query', decodeURIComponent(query.replaceAll('+', ' ')));
    next();
  });
}

export const idInAHeader: Hole = {
  id: 'id-in-a-header',
  title: 'A line break in the query is a 500',
  owasp: 'API8:2023',
  expects: 'input/crlf',
  at: 'GET /orders',
  patch: echoQuery,
};
