/** Tokens with keys that nobody knows, one after the other: the provider is asked once per cool-down, and who sends them pays. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { perMinute } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { namedKey, openKeySite, type KeySite } from '../issuers/key-site.js';
import { ResourceController } from '../oidc/resource-app.js';

const [KEY, NEXT] = [namedKey('one'), namedKey('two')];
const [MALLORY, ALICE, BOB] = ['127.0.0.7', '127.0.0.8', '127.0.0.9'];

let site: KeySite;
let t: TestApp;
beforeEach(async () => {
  site = await openKeySite(START_MS / 1000);
  site.publish(KEY.jwk);
});
afterEach(() => Promise.all([t.close(), site.close()]));

const boot = async (platform: (typeof PLATFORMS)[number]) => {
  t = await bootApp({
    platform,
    controllers: [ResourceController],
    security: { jwt: { issuers: [site.options()] }, throttling: { address: perMinute(6) } },
  });
};
const me = async (token: string, from: string) => (await t.send('GET /me', { token, from })).status;

it.each(PLATFORMS)('blocks the address that brings them, and nobody elsewhere, on %s', async (platform) => {
  await boot(platform);
  expect(await me(await site.token(KEY), ALICE)).toBe(200);
  const statuses: number[] = [];
  for (let n = 0; n < 60; n++) statuses.push(await me(await site.token(KEY, {}, { kid: `made-up-${n}` }), MALLORY));
  // One was asked for and is none; of the next nobody can say, and of those every tenth is charged.
  expect(statuses.slice(0, 2)).toEqual([401, 503]);
  expect(statuses.indexOf(429)).toBe(51);
  expect(statuses.slice(51).every((status) => status === 429)).toBe(true);
  expect(site.asked.filter((path) => path === '/jwks')).toHaveLength(2);
  expect(await me(await site.token(KEY, { jti: 'new' }), ALICE)).toBe(200);
});

it('costs somebody with a new key of the provider nothing, in a rotation that nobody announced', async () => {
  await boot('express');
  await me(await site.token(KEY, {}, { kid: 'made-up' }), MALLORY);
  site.publish(KEY.jwk, NEXT.jwk);
  const fresh = await site.token(NEXT);
  for (let call = 0; call < 15; call++) expect(await me(fresh, BOB)).toBe(503);
  t.clock.advance(30_000);
  expect(await me(fresh, BOB)).toBe(200);
});
