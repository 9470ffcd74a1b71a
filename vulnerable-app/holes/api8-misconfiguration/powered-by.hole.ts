/** Every answer says what it was made with. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function boast(app: INestApplication): void {
  use(app, (_request, response, next) => {
    response.setHeader('x-powered-by', 'Express 5.1.0');
    next();
  });
}

export const poweredBy: Hole = {
  id: 'powered-by',
  title: 'X-Powered-By names the server and its version',
  owasp: 'API8:2023',
  expects: 'answer/internals',
  at: 'GET /health',
  patch: boast,
};
