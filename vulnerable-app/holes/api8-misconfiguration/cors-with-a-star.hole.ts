/** So that it works. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function allowAll(app: INestApplication): void {
  use(app, (_request, response, next) => {
    response.setHeader('access-control-allow-origin', '*');
    next();
  });
}

export const corsWithAStar: Hole = {
  id: 'cors-with-a-star',
  title: 'Access-Control-Allow-Origin is a star on closed routes',
  owasp: 'API8:2023',
  expects: 'cors/wildcard',
  at: 'GET /me',
  patch: allowAll,
};
