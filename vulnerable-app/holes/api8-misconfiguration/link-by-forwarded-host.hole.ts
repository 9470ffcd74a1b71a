/** Links are made from what the proxy says, and from what anybody else says. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

function linkToSelf(app: INestApplication): void {
  use(app, (request, response, next) => {
    const { 'x-forwarded-host': forwarded, host } = request.headers;
    response.setHeader('link', `<https://${String(forwarded ?? host)}/help>; rel="help"`);
    next();
  });
}

export const linkByForwardedHost: Hole = {
  id: 'link-by-forwarded-host',
  title: 'X-Forwarded-Host ends up in the links of answers',
  owasp: 'API8:2023',
  expects: 'host/forwarded',
  at: 'GET /health',
  patch: linkToSelf,
};
