/** Four instances behind one Redis: a proof of possession is used once, wherever it comes to. */

import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisStores } from '../../lib/redis/index.js';
import type { JwtOptions } from '../../lib/index.js';
import { PLATFORMS, type Answer, type TestApp } from '../app.js';
import { boundToken, bootOrders, lastReason, makeKey, NOW_S, ORIGIN, proofFor, type BoundKey } from '../dpop/bound.js';
import { forgetKeys } from '../servers/forget.js';
import { sharedRedis } from '../servers/shared.js';

const redis = await sharedRedis();

describe.skipIf(!redis)('four instances with the stores of one Redis', () => {
  const clients: Redis[] = [];
  let key: BoundKey;
  let token: string;
  let apps: TestApp[];

  const boot = (dpop: NonNullable<JwtOptions['dpop']>[]): Promise<TestApp[]> =>
    Promise.all(
      dpop.map((each, index) => {
        const client = new Redis(redis!.url);
        clients.push(client);
        const stores = redisStores(client, { keyPrefix: redis!.prefix });
        return bootOrders({ dpop: each }, { platform: PLATFORMS[index % 2]!, security: { stores } });
      }),
    );
  const send = (app: TestApp, proof: string): Promise<Answer> =>
    app.send('GET /orders', { headers: { authorization: `DPoP ${token}`, dpop: proof } });
  const everywhere = (proof: string) => Promise.all(apps.map((app) => send(app, proof)));
  const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);

  beforeAll(async () => {
    key = await makeKey();
    token = await boundToken(key);
    apps = await boot(Array.from({ length: 4 }, () => ({ origin: ORIGIN })));
  }, 30_000);
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    for (const client of clients) client.disconnect();
    await forgetKeys(redis!.url, redis!.prefix);
  });

  it('let one in of four who send one proof to each of them at once', async () => {
    for (let round = 0; round < 5; round++) {
      const answers = await everywhere(
        await proofFor('GET /orders', key, { token, claims: { iat: NOW_S + round / 10 } }),
      );
      expect(statuses(answers)).toEqual([200, 401, 401, 401]);
    }
  });

  it('refuse a proof that another of them has seen, and take the next one', async () => {
    const proof = await proofFor('GET /orders', key, { token });
    expect((await send(apps[0]!, proof)).status).toBe(200);
    for (const app of apps) {
      expect((await send(app, proof)).status).toBe(401);
      expect(lastReason(app)).toBe('proof_replayed');
    }
    expect((await send(apps[3]!, await proofFor('GET /orders', key, { token }))).status).toBe(200);
  });

  it('take a nonce of another of them where they have one secret, and only then', async () => {
    const one = { origin: ORIGIN, nonce: { secret: randomBytes(32).toString('base64') } };
    const others = await boot([one, one, { origin: ORIGIN, nonce: { secret: randomBytes(32).toString('base64') } }]);
    try {
      const told = await send(others[0]!, await proofFor('GET /orders', key, { token }));
      expect(told.status).toBe(401);
      const nonce = String(told.headers['dpop-nonce']);
      expect((await send(others[1]!, await proofFor('GET /orders', key, { token, nonce }))).status).toBe(200);
      expect((await send(others[2]!, await proofFor('GET /orders', key, { token, nonce }))).status).toBe(401);
    } finally {
      await Promise.all(others.map((app) => app.close()));
    }
  });
});
