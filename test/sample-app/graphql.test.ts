import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS, type Answer } from '../app.js';
import { IDS, openShop, ORDERS, type Shop, type Username } from './shop.js';

describe.each(PLATFORMS)('the shop by GraphQL on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  const as = (username: Username, query: string, variables = {}): Promise<Answer> =>
    shop.as(username, 'POST /graphql', { body: { query, variables } });
  const codes = ({ body }: Answer): unknown[] =>
    ((body.errors ?? []) as { extensions: { code: string } }[]).map(({ extensions }) => extensions.code);

  it('asks who is calling', async () => {
    const answer = await shop.send('POST /graphql', { body: { query: '{ me { id } }' } });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ me: null });
    expect(codes(answer)).toEqual(['unauthenticated']);
  });

  it('shows alice all of herself but what only admins see', async () => {
    const { body } = await as(
      'alice',
      '{ me { id username email age isAdmin createdAt orders { id total user { username } } } }',
    );
    expect(body.errors).toBe(undefined);
    expect(body.data.me).toMatchObject({ id: IDS.alice, username: 'alice', isAdmin: null, createdAt: null });
    expect(body.data.me.email).toContain('alice');
    expect(body.data.me.orders).toContainEqual(
      expect.objectContaining({ id: ORDERS.alice, user: { username: 'alice' } }),
    );
  });

  it('shows her of bob what everybody sees', async () => {
    const query = 'query ($id: ID!) { user(id: $id) { id username email age isAdmin createdAt orders { id } } }';
    const { body } = await as('alice', query, { id: IDS.bob });
    expect(body.data.user).toEqual({
      id: IDS.bob,
      username: 'bob',
      email: null,
      age: null,
      isAdmin: null,
      createdAt: null,
      orders: null,
    });
    const seen = await as('ada', query, { id: IDS.bob });
    expect(seen.body.data.user).toMatchObject({
      isAdmin: false,
      createdAt: expect.any(String) as unknown,
      orders: null,
    });
  });

  it('has no order of bob for alice', async () => {
    const query = `{ mine: order(id: "${ORDERS.alice}") { id } his: order(id: "${ORDERS.bob}") { id } orders { id } }`;
    const answer = await as('alice', query);
    expect(answer.body.data).toMatchObject({ mine: { id: ORDERS.alice }, his: null });
    expect(answer.body.data.orders).not.toContainEqual({ id: ORDERS.bob });
    expect(codes(answer)).toEqual(['not_found']);
  });

  it('lists users for moderators, and tells admins the figures', async () => {
    expect((await as('mia', '{ users(limit: 2) { username } }')).body.data.users).toHaveLength(2);
    expect(codes(await as('alice', '{ users { username } }'))).toEqual(['forbidden']);
    expect(codes(await as('mia', '{ users(limit: 1000) { username } }'))).toEqual(['invalid_input']);
    expect((await as('ada', '{ analytics { users orders revenue } }')).body.data.analytics.users).toBeGreaterThan(3);
    const refused = await as('mia', '{ analytics { users } }');
    expect(refused.body.data).toEqual({ analytics: null });
    expect(codes(refused)).toEqual(['forbidden']);
  });

  it('lets people change what is theirs, and nothing that is not in the input', async () => {
    const query = 'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id age } }';
    expect((await as('bob', query, { id: IDS.bob, input: { age: 44 } })).body.data.updateUser).toEqual({
      id: IDS.bob,
      age: 44,
    });
    expect(codes(await as('bob', query, { id: IDS.alice, input: { age: 44 } }))).toEqual(['not_found']);
    expect(codes(await as('bob', query, { id: IDS.bob, input: { age: 4 } }))).toEqual(['invalid_input']);
    const smuggled = await as('bob', query, { id: IDS.bob, input: { isAdmin: true } });
    expect(smuggled.body.errors).toHaveLength(1);
    expect(smuggled.body.data ?? null).toBe(null);
  });
});
