/** Faster: browsers and proxies may keep every answer, whoever it was for. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function keep(app: INestApplication): void {
  use(app, (_request, response, next) => {
    response.setHeader('cache-control', 'public, max-age=600');
    next();
  });
}

export const answersKeptByBrowsers: Hole = {
  id: 'answers-kept-by-browsers',
  title: 'Private answers may be kept by every cache on the way',
  owasp: 'API8:2023',
  expects: 'answer/cache',
  at: 'GET /me',
  patch: keep,
};
