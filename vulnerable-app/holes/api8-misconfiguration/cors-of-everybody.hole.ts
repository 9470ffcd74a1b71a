/** Whatever origin asks is answered that it may. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function mirrorOrigin(app: INestApplication): void {
  use(app, (request, response, next) => {
    if (request.headers.origin !== undefined) {
      response.setHeader('access-control-allow-origin', request.headers.origin);
      response.setHeader('access-control-allow-credentials', 'true');
    }
    next();
  });
}

export const corsOfEverybody: Hole = {
  id: 'cors-of-everybody',
  title: 'Every page may read every answer, with credentials',
  owasp: 'API8:2023',
  expects: 'cors/look-alike',
  at: 'GET /me',
  patch: mirrorOrigin,
};
