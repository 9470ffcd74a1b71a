/** For downloads and sockets, where a browser sets no header: the token ends up in every log. */

import type { INestApplication } from '@nestjs/common';
import { queryOf, use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function takeFromQuery(app: INestApplication): void {
  use(app, (request, _response, next) => {
    const token = queryOf(request).get('token');
    if (token !== null && request.headers.authorization === undefined) {
      request.headers.authorization = `Bearer ${token}`;
      request.rawHeaders.push('Authorization', request.headers.authorization);
    }
    next();
  });
}

export const tokenInTheQuery: Hole = {
  id: 'token-in-the-query',
  title: 'The token is also taken from ?token=',
  owasp: 'API2:2023',
  expects: 'credential/in-query',
  at: 'GET /me',
  patch: takeFromQuery,
};
