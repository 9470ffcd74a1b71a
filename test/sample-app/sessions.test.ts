import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, type Shop } from './shop.js';

describe.each(PLATFORMS)('logins in the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  const login = async (username: string, agent = 'laptop') => {
    const body = { username, password: `correct-horse-battery-${username}` };
    return (await shop.send('POST /auth/login', { body, headers: { 'user-agent': agent } })).body as {
      access_token: string;
      refresh_token: string;
    };
  };
  const refresh = (refresh_token: string) => shop.send('POST /auth/refresh', { body: { refresh_token } });
  const me = async (token: string) => (await shop.send('GET /me', { token })).status;

  it('last by refresh tokens, each good once', async () => {
    const first = await login('alice');
    const second = await refresh(first.refresh_token);
    expect(second).toMatchObject({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^ey/),
        token_type: 'Bearer',
        expires_in: 900,
        refresh_token: expect.stringMatching(/^bwr_/),
      },
    });
    expect(Object.keys(second.body)).toHaveLength(4);
    const third = await refresh(second.body.refresh_token);
    expect(third.status).toBe(200);
    expect((await refresh(first.refresh_token)).status).toBe(401);
    expect((await refresh(third.body.refresh_token)).status).toBe(401);
    expect(await me(third.body.access_token)).toBe(401);
  });

  it('are listed, and end one by one or all together', async () => {
    await shop.send('POST /auth/logout-all', { token: (await login('bob')).access_token });
    const [phone, laptop] = [await login('bob', 'phone'), await login('bob', 'laptop')];
    const listed = await shop.send('GET /auth/sessions', { token: phone.access_token });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string;
    const shown = { id: expect.any(String) as string, created_at: time, last_used_at: time };
    expect(listed.body).toEqual([
      { ...shown, device: 'laptop', current: false },
      { ...shown, device: 'phone', current: true },
    ]);
    expect((await shop.send('POST /auth/logout', { token: phone.access_token })).status).toBe(204);
    expect([await me(phone.access_token), await me(laptop.access_token)]).toEqual([401, 200]);
    expect((await shop.send('POST /auth/logout-all', { token: laptop.access_token })).status).toBe(204);
    expect(await me(laptop.access_token)).toBe(401);
    expect((await refresh(laptop.refresh_token)).status).toBe(401);
    expect(await me((await login('bob')).access_token)).toBe(200);
  });

  it('end with the account', async () => {
    const body = { username: 'erin', email: 'erin@example.com', password: 'Tr4vel-light-by-Train', age: 30 };
    const { id } = (await shop.send('POST /auth/register', { body })).body as { id: string };
    const credentials = { username: body.username, password: body.password };
    const { access_token, refresh_token } = (await shop.send('POST /auth/login', { body: credentials })).body;
    expect(await me(access_token)).toBe(200);
    expect((await shop.as('mia', `DELETE /users/${id}`)).status).toBe(204);
    expect(await me(access_token)).toBe(401);
    expect((await refresh(refresh_token)).status).toBe(401);
  });

  it('have tokens that anybody can verify with the published keys', async () => {
    const { access_token } = await login('alice');
    const set = await shop.send('GET /.well-known/jwks.json');
    expect(set).toMatchObject({ status: 200, headers: { 'cache-control': 'public, max-age=300' } });
    expect(set.text).not.toContain('"d"');
    const { payload } = await jwtVerify(access_token, createLocalJWKSet(set.body), {
      issuer: 'https://shop.example.com',
      audience: 'https://shop.example.com',
    });
    expect(payload).toMatchObject({ sub: IDS.alice, sid: expect.any(String), amr: ['pwd'] });
  });
});
