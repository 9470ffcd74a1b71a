/** Handy while developing: each answer says who asked, and what is known of them. */

import type { INestApplication } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { changeAnswers } from '../../careless.js';
import type { Hole } from '../../hole.js';

function addCaller(app: INestApplication): void {
  changeAnswers(app, (body, request: IncomingMessage & { readonly user?: unknown }) =>
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? { ...body, created_by_ip: request.socket.remoteAddress, is_admin: false, role_ids: [1, 2] }
      : body,
  );
}

export const userAddedToAnswers: Hole = {
  id: 'user-added-to-answers',
  title: 'Fields that no view declares are added to every answer behind the filter',
  owasp: 'API3:2023',
  expects: 'answer/hidden-fields',
  at: 'GET /users/:id',
  patch: addCaller,
};
