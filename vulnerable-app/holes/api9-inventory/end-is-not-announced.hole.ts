/** A list of headers that may leave, and those that announce the end of a route are not in it. */

import type { INestApplication } from '@nestjs/common';
import { changeAnswers } from '../../careless.js';
import type { Hole } from '../../hole.js';

function removeAnnouncements(app: INestApplication): void {
  changeAnswers(app, (body, _request, response) => {
    for (const name of ['deprecation', 'sunset', 'link']) response.removeHeader(name);
    return body;
  });
}

export const endIsNotAnnounced: Hole = {
  id: 'end-is-not-announced',
  title: 'Callers of a deprecated route are not told',
  owasp: 'API9:2023',
  expects: 'lifecycle/headers',
  at: 'GET /v1/users',
  platforms: ['express'],
  patch: removeAnnouncements,
};
