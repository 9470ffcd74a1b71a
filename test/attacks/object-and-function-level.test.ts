/** Broken object and function level authorization (API1, API5), tried on every route of the sample app. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PipelinePlans } from '../../lib/core/pipeline-plans.js';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, ORDERS, type Shop, type Username } from '../sample-app/shop.js';

type Who = Username | 'nobody';
const EVERYBODY: readonly Who[] = ['nobody', 'alice', 'bob', 'mia', 'ada'];

interface Attempt {
  /** As the route declares it: `GET /orders/:id`. */
  readonly route: string;
  /** What is really asked for: bob's things, always. */
  readonly target: string;
  readonly body?: unknown;
  /** Who gets through. A status under 400, or one that only the handler gives. */
  readonly passes: readonly Who[];
  /** What the others get. Default: 403; 401 without a token. */
  readonly refusal?: number;
}

const NOT_THERE = '00000000-0000-4000-8000-000000000000';

/** The decision for each route. A route that is missing here fails the test: nobody adds one without saying who may. */
const ATTEMPTS: readonly Attempt[] = [
  { route: 'GET /health', target: '/health', passes: EVERYBODY },
  { route: 'POST /auth/register', target: '/auth/register', body: {}, passes: EVERYBODY },
  { route: 'POST /auth/login', target: '/auth/login', body: {}, passes: EVERYBODY },
  // Something is wrong with these bodies, so that passing the guards is all that happens.
  { route: 'POST /auth/refresh', target: '/auth/refresh', body: { bad: 1 }, passes: EVERYBODY },
  { route: 'POST /auth/logout', target: '/auth/logout', body: { bad: 1 }, passes: EVERYBODY },
  { route: 'POST /auth/mfa', target: '/auth/mfa', body: { bad: 1 }, passes: EVERYBODY },
  {
    route: 'POST /auth/logout-all',
    target: '/auth/logout-all',
    body: { bad: 1 },
    passes: ['alice', 'bob', 'mia', 'ada'],
  },
  {
    route: 'POST /auth/mfa/enroll',
    target: '/auth/mfa/enroll',
    body: { bad: 1 },
    passes: ['alice', 'bob', 'mia', 'ada'],
  },
  {
    route: 'POST /auth/mfa/confirm',
    target: '/auth/mfa/confirm',
    body: { bad: 1 },
    passes: ['alice', 'bob', 'mia', 'ada'],
  },
  { route: 'GET /auth/sessions', target: '/auth/sessions', passes: ['alice', 'bob', 'mia', 'ada'] },
  { route: 'GET /.well-known/jwks.json', target: '/.well-known/jwks.json', passes: EVERYBODY },
  // The shop has no path of its own: behind the first of these there is nothing for anybody.
  ...['', '/:a', '/:a/:b', '/:a/:b/:c', '/:a/:b/:c/:d'].map((rest) => ({
    route: `GET /.well-known/oauth-protected-resource${rest}`,
    target: `/.well-known/oauth-protected-resource${rest.replaceAll(':', '')}`,
    passes: EVERYBODY,
  })),
  { route: 'GET /captcha/challenge', target: '/captcha/challenge', passes: EVERYBODY },
  { route: 'GET /captcha/ticket', target: '/captcha/ticket', passes: EVERYBODY },
  { route: 'GET /me', target: '/me', passes: ['alice', 'bob', 'mia', 'ada'] },
  { route: 'GET /users/:id', target: `/users/${IDS.bob}`, passes: ['alice', 'bob', 'mia', 'ada'] },
  { route: 'PATCH /users/:id', target: `/users/${IDS.bob}`, body: { age: 43 }, passes: ['bob', 'ada'], refusal: 404 },
  { route: 'DELETE /users/:id', target: `/users/${NOT_THERE}`, passes: ['mia', 'ada'] },
  { route: 'GET /v1/users', target: '/v1/users', passes: ['mia', 'ada'] },
  { route: 'GET /v2/users', target: '/v2/users', passes: ['mia', 'ada'] },
  { route: 'GET /users/:userId/orders', target: `/users/${IDS.bob}/orders`, passes: ['bob'], refusal: 404 },
  { route: 'GET /orders', target: '/orders', passes: ['alice', 'bob', 'mia', 'ada'] },
  { route: 'GET /orders/:id', target: `/orders/${ORDERS.bob}`, passes: ['bob'], refusal: 404 },
  { route: 'PATCH /orders/:id', target: `/orders/${ORDERS.bob}`, body: { note: 'x' }, passes: ['bob'], refusal: 404 },
  { route: 'POST /orders', target: '/orders', body: { total: 1 }, passes: ['alice', 'bob', 'mia', 'ada'] },
  {
    route: 'POST /checkout',
    target: '/checkout',
    body: { order_id: ORDERS.bob, total: 1 },
    passes: ['bob'],
    refusal: 404,
  },
  { route: 'POST /uploads', target: '/uploads', passes: ['alice', 'bob', 'mia', 'ada'] },
  // What may be fetched, and who answers, is for test/sample-app/outbound.test.ts.
  {
    route: 'POST /link-preview',
    target: '/link-preview',
    body: { url: 'https://127.0.0.1/' },
    passes: ['alice', 'bob', 'mia', 'ada'],
  },
  { route: 'GET /partners/:id', target: '/partners/acme', passes: ['alice', 'bob', 'mia', 'ada'] },
  // Whoever has a token and no signature is nobody here.
  { route: 'POST /webhooks/payments', target: '/webhooks/payments', body: {}, passes: [], refusal: 401 },
  { route: 'POST /api-keys', target: '/api-keys', body: { bad: 1 }, passes: ['alice', 'bob', 'mia', 'ada'] },
  { route: 'GET /api-keys', target: '/api-keys', passes: ['alice', 'bob', 'mia', 'ada'] },
  // Whose keys these are is for test/sample-app/api-keys.test.ts: an id that is nobody's is a 404 to everybody.
  { route: 'POST /api-keys/:id/rotate', target: '/api-keys/none/rotate', passes: ['alice', 'bob', 'mia', 'ada'] },
  { route: 'DELETE /api-keys/:id', target: '/api-keys/none', passes: ['alice', 'bob', 'mia', 'ada'] },
  // For API keys only: nobody's token opens it.
  { route: 'GET /reports', target: '/reports', passes: [], refusal: 401 },
  { route: 'GET /analytics', target: '/analytics', passes: ['ada'] },
  { route: 'GET /docs', target: '/docs', passes: ['ada'] },
  { route: 'GET /docs/assets/:file', target: '/docs/assets/swagger-ui.css', passes: EVERYBODY },
  { route: 'GET /docs/assets/start.js', target: '/docs/assets/start.js', passes: EVERYBODY },
  { route: 'GET /docs/openapi.json', target: '/docs/openapi.json', passes: ['ada'] },
  { route: 'GET /security', target: '/security', passes: ['ada'] },
  { route: 'GET /security/inventory', target: '/security/inventory', passes: ['ada'] },
  { route: 'DELETE /admin/users/:id', target: `/admin/users/${NOT_THERE}`, passes: ['ada'] },
];

interface GraphQLAttempt {
  /** As the schema has it: `Query.order`. */
  readonly field: string;
  readonly query: string;
  readonly passes: readonly Who[];
  /** The status in the error that the others get. Default: 403; 401 without a token. */
  readonly refusal?: number;
}

const KNOWN: readonly Who[] = ['alice', 'bob', 'mia', 'ada'];

/** The same for each field of the schema that has a resolver. */
const GRAPHQL_ATTEMPTS: readonly GraphQLAttempt[] = [
  { field: 'Query.me', query: '{ me { id } }', passes: KNOWN },
  { field: 'Query.user', query: `{ user(id: "${IDS.bob}") { id } }`, passes: KNOWN },
  { field: 'Query.users', query: '{ users { id } }', passes: ['mia', 'ada'] },
  { field: 'Query.order', query: `{ order(id: "${ORDERS.bob}") { id } }`, passes: ['bob'], refusal: 404 },
  { field: 'Query.orders', query: '{ orders { id } }', passes: KNOWN },
  { field: 'Query.analytics', query: '{ analytics { users } }', passes: ['ada'] },
  {
    field: 'Mutation.updateUser',
    query: `mutation { updateUser(id: "${IDS.bob}", input: { age: 43 }) { id } }`,
    passes: ['bob', 'ada'],
    refusal: 404,
  },
  // These hang from other fields, and are as open as those; what of them is hidden is null and no refusal.
  { field: 'User.orders', query: `{ user(id: "${IDS.bob}") { orders { id } } }`, passes: KNOWN },
  { field: 'Order.user', query: '{ orders { user { id } } }', passes: KNOWN },
];

describe.each(PLATFORMS)('every route of the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  let address = 1;
  /** From a new address each time, so that no limit answers in place of the rule. */
  const ask = (who: Who, line: string, body?: unknown) => {
    address++;
    const sent = { from: `127.0.${address >> 8}.${address & 255 || 1}`, ...(body !== undefined && { body }) };
    return who === 'nobody' ? shop.send(line, sent) : shop.as(who, line, sent);
  };

  it('has a decision here', () => {
    const { routes } = shop.app.get(PipelinePlans);
    const http = routes.filter(({ transport }) => transport === 'http');
    const real = http.flatMap(({ paths }) => paths.map(({ method, path }) => `${method} ${path}`));
    expect(real.sort()).toEqual(ATTEMPTS.map(({ route }) => route).sort());
    const graphql = routes.filter(({ transport }) => transport === 'graphql');
    const fields = graphql.flatMap(({ paths }) => paths.map(({ path }) => path));
    expect(fields.sort()).toEqual(GRAPHQL_ATTEMPTS.map(({ field }) => field).sort());
  });

  it.each(GRAPHQL_ATTEMPTS)(
    '$field lets pass whom it may, and nobody else',
    async ({ query, passes, refusal = 403 }) => {
      for (const who of EVERYBODY) {
        const { status, body } = await ask(who, 'POST /graphql', { query });
        expect(status, who).toBe(200);
        const told: unknown = body.errors?.[0].extensions.status;
        if (passes.includes(who)) expect(told, who).toBe(undefined);
        else expect(told, who).toBe(who === 'nobody' ? 401 : refusal);
      }
    },
  );

  it.each(ATTEMPTS)(
    '$route lets pass whom it may, and nobody else',
    async ({ route, target, body, passes, refusal = 403 }) => {
      const [method] = route.split(' ');
      for (const who of EVERYBODY) {
        const { status } = await ask(who, `${method} ${target}`, body);
        if (passes.includes(who)) expect(status, who).not.toBeOneOf([401, 403, 429]);
        else expect(status, who).toBe(who === 'nobody' ? 401 : refusal);
      }
    },
  );

  it.each(ATTEMPTS.filter(({ passes }) => passes.length < 5))(
    '$route cannot be reached by another spelling',
    async ({ route, target, body }) => {
      const [method] = route.split(' ');
      const spellings = [
        `${target}/`,
        `/${target}`,
        target.toUpperCase(),
        target.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
        `${target}?id=${IDS.alice}&userId=${IDS.alice}`,
        `/x/..${target}`,
        `${target};a=b`,
        `${target}%00`,
      ];
      for (const spelling of spellings) {
        const { status } = await ask('nobody', `${method} ${spelling}`, body);
        expect(status, spelling).toBeOneOf([400, 401, 404]);
      }
    },
  );

  it('asks for the same caller on HEAD as on GET', async () => {
    expect((await shop.send('HEAD /analytics')).status).toBe(401);
    expect((await shop.as('alice', 'HEAD /analytics')).status).toBe(403);
    expect((await shop.as('alice', `HEAD /orders/${ORDERS.bob}`)).status).toBe(404);
  });

  it('takes no owner from anywhere but the credential', async () => {
    const created = await shop.as('alice', 'POST /orders', { body: { total: 5, user_id: IDS.bob } });
    expect(created.status).toBe(400);
    const headers = { 'x-user-id': IDS.bob, 'x-original-url': '/analytics', 'x-http-method-override': 'DELETE' };
    expect((await shop.as('alice', 'GET /me', { headers })).body.id).toBe(IDS.alice);
  });
});
