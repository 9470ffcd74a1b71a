/** A proxy was to set them, so the app takes them away. There is no proxy. */

import type { INestApplication } from '@nestjs/common';
import { use } from '../../careless.js';
import type { Hole } from '../../hole.js';

const GONE = ['content-security-policy', 'x-content-type-options', 'strict-transport-security', 'x-frame-options'];

function removeHeaders(app: INestApplication): void {
  use(app, (_request, response, next) => {
    for (const name of GONE) response.removeHeader(name);
    next();
  });
}

export const headersTakenAway: Hole = {
  id: 'headers-taken-away',
  title: 'Security headers are removed again',
  owasp: 'API8:2023',
  expects: 'answer/headers',
  at: 'GET /me',
  patch: removeHeaders,
};
