/** Somebody sends tokens with made-up keys, as fast as it goes, over several cool-downs: what does that cost the provider, and others? */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { perMinute } from '../../lib/index.js';
import { openProvider, type TestProvider } from './provider.js';
import { bootResource, issuerOptions, type ResourceApp } from './resource-app.js';

const COOLDOWN_MS = 1_000;

let provider: TestProvider;
let t: ResourceApp;
beforeEach(async () => {
  provider = await openProvider();
  t = await bootResource('fastify', {
    security: {
      jwt: { issuers: [issuerOptions(provider, { cooldown: COOLDOWN_MS / 1000 })] },
      throttling: { address: perMinute(1_000_000), tiers: { default: perMinute(100_000) } },
    },
  });
});
afterEach(async () => {
  await t.close();
  await provider.close();
});

it('the provider sees one fetch per cool-down, and a key that is published a cool-down ahead fails nobody', async () => {
  const [, claims, signature] = (await provider.token()).split('.');
  const bogus = (n: number) =>
    `${Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `made-up-${n}` })).toString('base64url')}.${claims}.${signature}`;
  await t.me(await provider.token());
  const fetchedAt: number[] = [];
  provider.misbehave = ({ url }) => {
    if (url === '/jwks') fetchedAt.push(performance.now());
    return false;
  };
  let isOver = false;
  let sent = 0;
  const began = performance.now();
  const flood = Array.from({ length: 16 }, async () => {
    while (!isOver) await t.me(bogus(sent++));
  });
  const honest: number[] = [];
  const people = (async () => {
    while (!isOver) {
      honest.push((await t.me(await provider.token())).status);
      await sleep(10);
    }
  })();
  const until = async (isSo: () => boolean) => {
    await expect.poll(isSo, { interval: 20, timeout: 100_000 }).toBe(true);
  };
  try {
    await until(() => fetchedAt.length >= 1);
    provider.announce();
    const announced = fetchedAt.length;
    await sleep(COOLDOWN_MS);
    await until(() => fetchedAt.length > announced + 1);
    const before = honest.length;
    provider.rotate();
    await until(() => sent >= 1_000 && honest.length > before + 5 && fetchedAt.length > announced + 2);
  } finally {
    isOver = true;
    await Promise.all([...flood, people]);
  }

  expect(honest.filter((status) => status !== 200)).toEqual([]);
  expect(fetchedAt.length).toBeGreaterThanOrEqual(4);
  // By the provider's own watch: the second no sooner than one cool-down after the beginning, the third than two, and so on.
  expect(fetchedAt.map((at, index) => at - began >= index * COOLDOWN_MS - 5)).toEqual(fetchedAt.map(() => true));
}, 120_000);
