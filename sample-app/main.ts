/** Starts the shop: what `npm start` runs. */

import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { createShop } from './shop.js';
import { SEEDED_USERS } from './users/seeded-users.js';

const port = Number(process.env.PORT ?? 3000);
const app = await createShop({ platform: process.env.PLATFORM });
await app.listen(port);

const url = `http://localhost:${port}`;
const lines = [`The shop is listening on ${url}`];
if (process.env.NODE_ENV === 'development') {
  const { username, password } = SEEDED_USERS[0]!;
  lines.push(
    `Users: ${SEEDED_USERS.map((user) => `${user.username} / ${user.password}`).join(', ')}`,
    'Try:',
    `  curl -i ${url}/me`,
    `  curl -s ${url}/auth/login -H 'content-type: application/json' -d '{"username":"${username}","password":"${password}"}'`,
    `  curl -i ${url}/orders/10000000-0000-4000-8000-000000000002 -H "authorization: Bearer $TOKEN"   # bob's, not alice's: 404`,
  );
}
new Logger('Shop').log(lines.join('\n'));
