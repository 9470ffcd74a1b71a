/** The version before the first, from before there were guards. */

import type { INestApplication } from '@nestjs/common';
import { rawRoute } from '../../careless.js';
import { SEEDED_USERS } from '../../../sample-app/users/seeded-users.js';
import type { Hole } from '../../hole.js';

export const versionZero: Hole = {
  id: 'version-zero',
  title: 'GET /v0/users is still there, and asks for nobody',
  owasp: 'API9:2023',
  expects: 'exposure/unguarded',
  at: 'GET /v0/users',
  patch: (app: INestApplication) =>
    rawRoute(app, '/v0/users', () => SEEDED_USERS.map(({ username, age }) => ({ username, age }))),
};
