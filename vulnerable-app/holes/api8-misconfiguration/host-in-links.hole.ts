/** Without `secureApp()` every Host is answered, and the page links to it. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function linkToHost(app: INestApplication): void {
  use(app, (request, response, next) => {
    response.setHeader('link', `<http://${request.headers.host}/help>; rel="help"`);
    next();
  });
}

export const hostInLinks: Hole = {
  id: 'host-in-links',
  title: 'The edge was not closed, and links are made of whatever Host says',
  owasp: 'API8:2023',
  expects: 'host/unknown',
  at: 'GET /health',
  isUnsecured: true,
  patch: linkToHost,
};
