/** A real provider rotates its keys, goes down, and comes back, while requests flow. */

import { createSecretKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, SignJWT, type JWK, type JWTHeaderParameters } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { perMinute } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { fails, hangs, hangsUp, html, type SiteReply } from '../issuers/key-site.js';
import { openProvider, type TestProvider } from './provider.js';
import { bootResource, issuerOptions, lastReason, REFUSED, type ResourceApp } from './resource-app.js';

let provider: TestProvider;
let t: ResourceApp;
beforeEach(async () => {
  provider = await openProvider();
});
afterEach(async () => {
  await t.close();
  await provider.close();
});
const keyFetches = () => provider.asked.filter((line) => line === 'GET /jwks').length;

describe.each(PLATFORMS)('on %s', (platform) => {
  const boot = async (more = {}) => {
    t = await bootResource(platform, {
      security: { jwt: { issuers: [issuerOptions(provider, more)] } },
    });
  };

  it('no request fails while the provider rotates its keys', async () => {
    await boot();
    let isOver = false;
    const statuses: number[] = [];
    const callers = Array.from({ length: 4 }, async () => {
      // Old tokens go on being used beside new ones.
      const old = await provider.token();
      while (!isOver) {
        statuses.push((await t.me(await provider.token())).status, (await t.me(old)).status);
        await sleep(1);
      }
    });
    const more = (calls: number) => {
      const goal = statuses.length + calls;
      return expect.poll(() => statuses.length, { interval: 5, timeout: 5_000 }).toBeGreaterThan(goal);
    };
    for (let rotation = 0; rotation < 3; rotation++) {
      await more(16);
      provider.rotate();
      await more(16);
      // The next one comes no sooner than a cool-down later.
      t.clock.advance(31_000);
    }
    await more(16);
    isOver = true;
    await Promise.all(callers);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(keyFetches()).toBeLessThanOrEqual(4);
  });

  it('a key that the provider takes back is refused once its keys are fetched again', async () => {
    await boot({ maxAge: 60 });
    const stolen = await provider.token();
    expect((await t.me(stolen)).status).toBe(200);
    provider.rotate({ drop: true });
    t.clock.advance(61_000);
    expect(await t.me(stolen)).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('key_unknown');
    expect((await t.me(await provider.token())).status).toBe(200);
  });

  it.each<[what: string, reply: SiteReply]>([
    ['is down', hangsUp],
    ['fails', fails],
    ['is slow', hangs],
    ['answers a login page', html],
  ])('a provider that %s is not missed for an hour', async (_what, reply) => {
    await boot({ timeoutMs: 200, maxAge: 60 });
    const token = await provider.token();
    expect((await t.me(token)).status).toBe(200);
    const late = await provider.token();
    provider.misbehave = (request, response) => {
      reply(request, response);
      return true;
    };
    t.clock.advance(61_000);
    expect((await t.me(token)).status).toBe(200);
    expect((await t.me(late)).status).toBe(200);
    provider.misbehave = undefined;
    t.clock.advance(31_000);
    expect((await t.me(token)).status).toBe(200);
  });
});

describe.each(PLATFORMS)('a provider that is not itself, on %s,', (platform) => {
  it('and is slow but answers, is waited for by those without keys and by nobody else', async () => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider, { maxAge: 60 })] } } });
    const [first, second, late] = [await provider.token(), await provider.token(), await provider.token()];
    provider.delayMs = 300;
    expect((await Promise.all([t.me(first), t.me(second)])).map(({ status }) => status)).toEqual([200, 200]);
    expect(keyFetches()).toBe(1);
    // Old enough to be fetched again behind the backs of callers.
    t.clock.advance(49_000);
    const before = performance.now();
    expect((await t.me(late)).status).toBe(200);
    expect(performance.now() - before).toBeLessThan(300);
    await expect.poll(keyFetches).toBe(2);
    provider.rotate();
    provider.delayMs = 0;
    const fresh = await provider.token();
    provider.delayMs = 300;
    expect((await t.me(fresh)).status).toBe(200);
  });

  it('and publishes keys that somebody put in, lets nobody in by them, and its own people stay', async () => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider, { cooldown: 1 })] } } });
    const good = await provider.token();
    expect((await t.me(good)).status).toBe(200);
    const own = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: JWK[] };
    const [kid] = provider.kids();
    const evil = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [secret, published] = [randomBytes(32), evil.publicKey.export({ format: 'jwk' })];
    const signed = (header: JWTHeaderParameters, key: KeyObject) =>
      new SignJWT({ ...decodeJwt(good), sub: 'admin' }).setProtectedHeader({ typ: 'at+jwt', ...header }).sign(key);
    const poisons: readonly (readonly [string, readonly object[], string])[] = [
      [
        'its own name',
        [{ ...published, kid, alg: 'ES256', use: 'sig' }],
        await signed({ alg: 'ES256', kid: kid! }, evil.privateKey),
      ],
      [
        'its private part',
        [{ ...evil.privateKey.export({ format: 'jwk' }), kid: 'p', alg: 'ES256', use: 'sig' }],
        await signed({ alg: 'ES256', kid: 'p' }, evil.privateKey),
      ],
      [
        'a secret',
        [{ kty: 'oct', kid: 's', k: secret.toString('base64url'), alg: 'HS256', use: 'sig' }],
        await signed({ alg: 'HS256', kid: 's' }, createSecretKey(secret)),
      ],
      [
        'a use that is another',
        [{ ...published, kid: 'e', use: 'enc' }],
        await signed({ alg: 'ES256', kid: 'e' }, evil.privateKey),
      ],
    ];
    for (const [what, keys, forged] of poisons) {
      provider.misbehave = (request, response) => {
        if (request.url !== '/jwks') return false;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ keys: [...own.keys, ...keys] }));
        return true;
      };
      // Fetched anew: by a name that nobody knows, and by age.
      t.clock.advance(601_000);
      const { status } = await t.me(forged);
      expect([what, status]).not.toEqual([what, 200]);
      expect((await t.me(good)).status).toBe(200);
      t.clock.advance(-601_000);
    }
  });
});

it('a thousand tokens with made-up keys cost the provider one fetch', async () => {
  t = await bootResource('fastify', {
    security: { jwt: { issuers: [issuerOptions(provider)] }, throttling: { address: perMinute(100_000) } },
  });
  const token = await provider.token();
  await t.me(token);
  const before = keyFetches();
  const [, claims, signature] = token.split('.');
  const bogus = (n: number) =>
    `${Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `made-up-${n}` })).toString('base64url')}.${claims}.${signature}`;
  const statuses = new Set<number>();
  for (let batch = 0; batch < 10; batch++) {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => t.me(bogus(batch * 100 + n))));
    for (const { status } of answers) statuses.add(status);
  }
  // One of them was asked for, and is none; of the others nobody can say yet.
  expect(statuses).toEqual(new Set([401, 503]));
  expect(keyFetches() - before).toBe(1);
  expect((await t.me(token)).status).toBe(200);
});
