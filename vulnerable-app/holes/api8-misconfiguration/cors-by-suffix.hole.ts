/** The origin is compared by its end. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function compareTheEnd(app: INestApplication): void {
  use(app, (request, response, next) => {
    const { origin } = request.headers;
    if (origin?.endsWith('example.com')) response.setHeader('access-control-allow-origin', origin);
    next();
  });
}

export const corsBySuffix: Hole = {
  id: 'cors-by-suffix',
  title: 'https://evilexample.com passes for https://app.example.com',
  owasp: 'API8:2023',
  expects: 'cors/look-alike',
  at: 'GET /me',
  patch: compareTheEnd,
};
