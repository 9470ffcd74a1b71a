/** How the shop is attacked: `bulwark attack --app … --config dist/sample-app/attack.config.js`. */

import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, TokenService } from 'nestjs-bulwark';
import type { AttackOptions, FixtureMaker } from 'nestjs-bulwark/testing';
import { OrderRepository } from './orders/order.repository.js';
import { SEEDED_USERS } from './users/seeded-users.js';
import { UserRepository } from './users/user.repository.js';
import { webhookSecrets } from './webhooks/webhook-keys.js';

const [ALICES, BOBS] = ['10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002'];
const NOBODYS = '10000000-0000-4000-8000-00000000dead';
const seeded = (name: string) => SEEDED_USERS.find(({ username }) => username === name)!;
const idOf = (name: string): string => seeded(name).id;

async function freshOrder(app: INestApplication, of: string): Promise<{ order_id: string; total: number }> {
  const order = await app.get(OrderRepository, { strict: false }).add({ userId: idOf(of), total: 120, note: '' });
  return { order_id: order.id, total: order.total };
}

/** A key is revoked once, and rotated so often only. */
const keysOfTwo: FixtureMaker = async (app) => ({
  own: { params: { id: await freshKey(app, 'alice') } },
  foreign: { params: { id: await freshKey(app, 'bob') } },
});

async function freshKey(app: INestApplication, of: string): Promise<string> {
  const [keys, owner, name] = [app.get(ApiKeyService, { strict: false }), idOf(of), 'attack fixture'];
  // An owner may have so many.
  for (const key of await keys.list(owner)) if (key.name === name) await keys.revoke(key.id);
  return (await keys.create({ name, owner, expiresInDays: 1 })).id;
}

/** Somebody who can be removed. */
async function oneMore(app: INestApplication, role: string): Promise<string> {
  const [users, username] = [app.get(UserRepository, { strict: false }), `attack-${role}`];
  const known = await users.findByUsername(username);
  const email = `${username}@example.com`;
  return (known ?? (await users.add({ username, email, age: 30, passwordHash: '', roles: [role] }))).id;
}

/** A refresh token is good once. */
const newSession: FixtureMaker = async (app) => {
  const tokens = app.get(TokenService, { strict: false });
  const { refreshToken } = await tokens.issue({ id: idOf('alice'), roles: ['user'] }, { device: 'attack fixture' });
  return { own: { body: { refresh_token: refreshToken } } };
};

const UPLOAD = '--b\r\ncontent-disposition: form-data; name="file"; filename="note.txt"\r\n\r\nhello\r\n--b--\r\n';

const [webhookSecret] = webhookSecrets(process.env);

export default {
  principals: {
    alice: { id: idOf('alice'), roles: ['user'] },
    bob: { id: idOf('bob'), roles: ['user'] },
    mia: { id: idOf('mia'), roles: ['moderator'] },
    ada: { id: idOf('ada'), roles: ['admin'] },
    // The payment provider, in the shop's own profile.
    payments: { signature: { key: webhookSecret!, keyId: 'shop', profile: 'hmac' } },
  },
  fixtures: {
    'GET /orders/:id': { own: { params: { id: ALICES! } }, foreign: { params: { id: BOBS! } }, shows: [ALICES!] },
    'PATCH /orders/:id': {
      own: { params: { id: ALICES! }, body: { note: 'gift' } },
      foreign: { params: { id: BOBS! } },
    },
    'GET /users/:userId/orders': { own: { params: { userId: idOf('alice') } }, shows: [ALICES!] },
    'QUERY Query.order': { own: { args: { id: ALICES! } }, foreign: { args: { id: BOBS! } }, shows: [ALICES!] },
    'GET /users/:id': { own: { params: { id: idOf('alice') } } },
    // What is only for the owner, and what is only for admins.
    'QUERY Query.user': {
      own: { args: { id: idOf('alice') } },
      shows: ['"email":"alice@', `"age":${seeded('alice').age}`],
    },
    'QUERY Query.users': { as: 'ada', shows: ['"email":"bob@', `"age":${seeded('bob').age}`] },
    'GET /docs/assets/:file': { own: { params: { file: 'swagger-ui.css' } } },
    'POST /uploads': { own: { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: UPLOAD } },
    'GET /analytics': { allow: ['ada'], deny: ['alice', 'mia'] },
    // An order can be paid once.
    'POST /checkout': async (app) => ({
      own: { body: await freshOrder(app, 'alice') },
      foreign: { body: await freshOrder(app, 'bob') },
      missing: { body: { order_id: NOBODYS, total: 120 } },
    }),
    'DELETE /admin/users/:id': async (app) => ({ own: { params: { id: await oneMore(app, 'user') } } }),
    // Moderators remove users, and not admins.
    'DELETE /users/:id': async (app) => ({
      as: 'ada',
      own: { params: { id: await oneMore(app, 'admin') } },
      deny: ['mia'],
    }),
    'POST /api-keys/:id/rotate': keysOfTwo,
    'DELETE /api-keys/:id': keysOfTwo,
    'POST /auth/login': { own: { body: { username: 'alice', password: seeded('alice').password } } },
    'POST /auth/refresh': newSession,
    'POST /auth/logout': newSession,
    // Nobody is in the middle of a login.
    'POST /auth/mfa': { own: { body: { mfa_token: 'made-up', code: '000000' } }, status: 401 },
    // Nobody has asked for a second factor yet: no code is right.
    'POST /auth/mfa/confirm': { own: { body: { code: '000000' } }, status: 401 },
    // With the option `upstream`: a hostile partner directory, in the place of the real one.
    'GET /partners/:id': { own: { params: { id: 'acme' } }, upstream: true },
    'POST /webhooks/payments': { own: { body: { order_id: ALICES!, status: 'failed' } } },
  },
  skip: {
    'GET /.well-known/oauth-protected-resource/:a control/': 'the shop is one resource, and its identifier has no path',
    'GET /captcha/ control/': 'no flow of the shop asks for a captcha or a ticket, unless SHOP_CAPTCHA says so',
    'POST /link-preview control/': 'it reads pages of the public internet, and the attack does not leave this machine',
  },
} satisfies AttackOptions;
