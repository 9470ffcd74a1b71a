/** When are an issuer's keys fetched, and what happens when that fails? With a clock that stands still. */

import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenVerifier, type IssuerOptions, type JwtOptions } from '../../lib/index.js';
import { bootApp, START_MS, type TestApp } from '../app.js';
import { refusalOf } from '../authentication/forge.js';
import {
  endless,
  fails,
  hangs,
  hangsUp,
  html,
  namedKey,
  openKeySite,
  redirects,
  type KeySite,
  type SiteReply,
} from './key-site.js';

const KEY = namedKey('one');
const NEXT = namedKey('two');

let site: KeySite;
let t: TestApp | undefined;
beforeEach(async () => {
  site = await openKeySite(START_MS / 1000);
  site.publish(KEY.jwk);
});
afterEach(async () => {
  await t?.close();
  t = undefined;
  await site.close();
});

async function boot(more: Partial<IssuerOptions> = {}, jwt: Partial<JwtOptions> = {}): Promise<TestApp> {
  t = await bootApp({ security: { jwt: { issuers: [site.options(more)], ...jwt } } });
  return t;
}

const verify = (token: string) => t!.app.get(TokenVerifier).verify(token);
const codeOf = async (token: string): Promise<unknown> => {
  const outcome = (await refusalOf(verify(token))) as { accepted?: { id: string }; reason?: string };
  return outcome.accepted?.id ?? outcome.reason ?? outcome;
};
const METADATA = '/.well-known/openid-configuration';
const fetches = () => site.asked.filter((path) => path.endsWith('/jwks')).length;

describe('keys are fetched', () => {
  it('not before a token needs them, and once for all that come together', async () => {
    await boot();
    expect(site.asked).toEqual([]);
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, index) => site.token(KEY, { jti: `t${index}` })));
    expect(await Promise.all(tokens.map(codeOf))).toEqual(tokens.map(() => 'alice'));
    expect(site.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('not for tokens that no key could make good', async () => {
    await boot({ algorithms: ['ES256'] });
    const { privateKey } = generateKeyPairSync('ed25519');
    const foreign = { kid: 'x', alg: 'EdDSA', privateKey, jwk: {} };
    expect(await codeOf(await site.token(foreign))).toBe('algorithm_not_allowed');
    expect(await codeOf(await site.token(KEY, {}, { typ: 'JWT' }))).toBe('type_not_allowed');
    expect(await codeOf(await site.token(KEY, { iss: 'https://elsewhere.example' }))).toBe('issuer_not_accepted');
    expect(site.asked).toEqual([]);
  });

  it('behind the back of callers before they are old', async () => {
    await boot({ maxAge: 600 });
    await verify(await site.token(KEY));
    t!.clock.advance(481_000);
    site.publish(KEY.jwk, NEXT.jwk);
    expect(await codeOf(await site.token(KEY, { jti: 'b' }))).toBe('alice');
    await expect.poll(fetches).toBe(2);
    expect(await codeOf(await site.token(NEXT))).toBe('alice');
    expect(fetches()).toBe(2);
  });

  it('behind the back of a caller whose token is remembered, too', async () => {
    await boot({ maxAge: 600 });
    const token = await site.token(KEY);
    await verify(token);
    t!.clock.advance(481_000);
    site.publish(NEXT.jwk);
    await verify(token);
    await expect.poll(fetches).toBe(2);
    expect(await codeOf(token)).toBe('key_unknown');
  });

  it('without a token being proved anew by a key that is still published', async () => {
    await boot({ maxAge: 600 });
    const token = await site.token(KEY);
    const known = await verify(token);
    t!.clock.advance(481_000);
    site.publish(NEXT.jwk, KEY.jwk);
    await verify(token);
    await expect.poll(fetches).toBe(2);
    expect(await codeOf(await site.token(NEXT, { jti: 'next' }))).toBe('alice');
    expect(t!.app.get(TokenVerifier).recall(token)).toBe(known);
  });

  it('from where the metadata lead, which are asked for again after a day', async () => {
    await boot();
    const dated = (hours: number) => ({
      iat: START_MS / 1000 + hours * 3_600,
      exp: START_MS / 1000 + hours * 3_600 + 60,
    });
    expect(await codeOf(await site.token(KEY))).toBe('alice');
    site.pages.set(METADATA, { issuer: site.issuer, jwks_uri: `${site.issuer}/moved` });
    site.pages.set('/moved', { keys: [NEXT.jwk] });
    t!.clock.advance(23 * 3_600_000);
    expect(await codeOf(await site.token(KEY, dated(23)))).toBe('alice');
    t!.clock.advance(3_600_000);
    expect(await codeOf(await site.token(NEXT, dated(24)))).toBe('alice');
    expect(await codeOf(await site.token(KEY, { ...dated(24), jti: 'b' }))).not.toBe('alice');
  });

  it('again after 1 s, 2 s, 4 s and so on where the provider fails, and then once per cool-down', async () => {
    site.pages.set('/jwks', fails);
    await boot();
    const token = await site.token(KEY);
    const asked: number[] = [];
    for (let second = 0; second < 100; second++) {
      const before = fetches();
      expect(await codeOf(token)).toBe('issuer_keys_unreachable');
      if (fetches() > before) asked.push(second);
      t!.clock.advance(1_000);
    }
    expect(asked).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
  });

  it('before anything else where they are too old to be believed', async () => {
    await boot({ maxAge: 600 });
    const token = await site.token(KEY);
    await verify(token);
    t!.clock.advance(700_000);
    site.publish(NEXT.jwk);
    expect(await codeOf(token)).toBe('key_unknown');
  });

  it('again where the clock stepped back', async () => {
    await boot();
    const token = await site.token(KEY, { iat: START_MS / 1000 - 7200 });
    await verify(token);
    t!.clock.advance(-3_600_000);
    expect(await codeOf(token)).toBe('alice');
    await expect.poll(fetches).toBe(2);
  });

  it('from the place that is given, without discovery', async () => {
    site.pages.set('/elsewhere', { keys: [KEY.jwk] });
    await boot({ jwksUri: `${site.issuer}/elsewhere` });
    expect(await codeOf(await site.token(KEY))).toBe('alice');
    expect(site.asked).toEqual(['/elsewhere']);
  });

  it('by the metadata of RFC 8414 where there are none of OpenID Connect', async () => {
    site.pages.delete('/.well-known/openid-configuration');
    site.pages.set('/.well-known/oauth-authorization-server', { issuer: site.issuer, jwks_uri: `${site.issuer}/jwks` });
    await boot();
    expect(await codeOf(await site.token(KEY))).toBe('alice');
  });
});

describe('a key that nobody knows', () => {
  it('is asked for, and found: no request fails while keys are rotated', async () => {
    await boot();
    await verify(await site.token(KEY));
    site.publish(NEXT.jwk, KEY.jwk);
    expect(await codeOf(await site.token(NEXT))).toBe('alice');
    expect(await codeOf(await site.token(KEY, { jti: 'again' }))).toBe('alice');
    expect(fetches()).toBe(2);
  });

  it('costs one fetch per cool-down, whatever the number of names', async () => {
    await boot();
    await verify(await site.token(KEY));
    const bogus = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => site.token(KEY, {}, { kid: `bogus-${index}` })),
    );
    const outcomes = await Promise.all(bogus.map(codeOf));
    // The one that was asked for is refused. Of the others nobody knows: one of them could be new.
    expect(outcomes.filter((outcome) => outcome === 'key_unknown')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['key_unknown', 'issuer_key_not_asked_yet']));
    expect(fetches()).toBe(2);
    t!.clock.advance(29_000);
    await codeOf(bogus[1]!);
    expect(fetches()).toBe(2);
    t!.clock.advance(1_000);
    await Promise.all(bogus.map(codeOf));
    expect(fetches()).toBe(3);
  });

  it('is not asked for again within the cool-down, and refused', async () => {
    await boot();
    const gone = await site.token(KEY, {}, { kid: 'gone' });
    expect(await codeOf(gone)).toBe('key_unknown');
    const first = fetches();
    t!.clock.advance(29_000);
    expect(await codeOf(gone)).toBe('key_unknown');
    expect(fetches()).toBe(first);
    t!.clock.advance(1_000);
    expect(await codeOf(gone)).toBe('key_unknown');
    expect(fetches()).toBe(first + 1);
  });

  it('is found by the next fetch, whoever caused it', async () => {
    await boot();
    expect(await codeOf(await site.token(NEXT))).toBe('key_unknown');
    site.publish(KEY.jwk, NEXT.jwk);
    t!.clock.advance(31_000);
    await codeOf(await site.token(KEY, {}, { kid: 'another' }));
    expect(await codeOf(await site.token(NEXT))).toBe('alice');
  });
});

describe('a rotation that a made-up key comes before', () => {
  it('is waited for, by nobody who is counted as guessing', async () => {
    await boot();
    await verify(await site.token(KEY));
    expect(await codeOf(await site.token(KEY, {}, { kid: 'bogus' }))).toBe('key_unknown');
    site.publish(KEY.jwk, NEXT.jwk);
    t!.clock.advance(10_000);
    const honest = await site.token(NEXT);
    expect(await refusalOf(verify(honest))).toMatchObject({
      code: 'unavailable',
      reason: 'issuer_key_not_asked_yet',
      headers: { 'Retry-After': '20' },
    });
    t!.clock.advance(20_000);
    expect(await codeOf(honest)).toBe('alice');
  });

  it('is a 503 too where the provider does not answer the question', async () => {
    await boot();
    await verify(await site.token(KEY));
    site.pages.set('/jwks', fails);
    const honest = await site.token(NEXT);
    expect(await codeOf(honest)).toBe('issuer_keys_unreachable');
    site.publish(KEY.jwk, NEXT.jwk);
    t!.clock.advance(30_000);
    expect(await codeOf(honest)).toBe('alice');
  });
});

describe.each([
  ['fails', fails, '127.0.0.1:'],
  ['hangs up', hangsUp, 'network'],
  ['never answers', hangs, 'timeout'],
  ['answers a page', html, 'no JSON'],
  ['leads elsewhere', redirects('http://169.254.169.254/latest'), 'redirect_refused'],
  ['answers without an end', endless(10_000_000), 'too_large'],
  ['answers no object', (_q: unknown, r: { end(text: string): void }) => r.end('[]'), 'no JSON object'],
  ['answers no set', (_q: unknown, r: { end(text: string): void }) => r.end('{"keys":{}}'), 'no list of keys'],
])('a provider that %s', (_what, reply, reason) => {
  it('makes a 503 where there are no keys yet, and is left alone for a moment', async () => {
    site.pages.set('/jwks', reply);
    await boot({ timeoutMs: 600 });
    const token = await site.token(KEY);
    const outcome = await refusalOf(verify(token));
    expect(outcome).toMatchObject({
      code: 'unavailable',
      reason: 'issuer_keys_unreachable',
      headers: { 'Retry-After': '1' },
    });
    const told = t!.events.find(({ kind }) => kind === 'upstream_failed');
    expect(told).toMatchObject({ upstream: site.host, reason: expect.stringContaining(reason) as string });
    await Promise.all(Array.from({ length: 20 }, () => codeOf(token)));
    expect(fetches()).toBe(1);
    site.publish(KEY.jwk);
    t!.clock.advance(1_000);
    expect(await codeOf(token)).toBe('alice');
  });

  it('costs nobody anything while the old keys are good, and nothing for ever', async () => {
    await boot({ timeoutMs: 600, maxAge: 600, staleIfError: 600 });
    const token = await site.token(KEY);
    await verify(token);
    site.pages.set('/jwks', reply);
    t!.clock.advance(601_000);
    expect(await codeOf(token)).toBe('alice');
    expect(await codeOf(await site.token(KEY, { jti: 'new' }))).toBe('alice');
    t!.clock.advance(500_000);
    expect(await codeOf(token)).toBe('alice');
    t!.clock.advance(100_000);
    expect(await codeOf(token)).toBe('issuer_keys_unreachable');
  });
});

describe('a set', () => {
  it('without any key withdraws the ones before, and the next one counts again', async () => {
    await boot({ maxAge: 60, staleIfError: 600 });
    const token = await site.token(KEY);
    await verify(token);
    site.publish();
    t!.clock.advance(61_000);
    expect(await codeOf(token)).toBe('algorithm_not_allowed');
    site.publish(KEY.jwk);
    t!.clock.advance(31_000);
    expect(await codeOf(token)).toBe('alice');
  });

  it('that has one key twice is taken, and one with two keys of a name is not', async () => {
    site.publish(KEY.jwk, KEY.jwk);
    await boot();
    expect(await codeOf(await site.token(KEY))).toBe('alice');
    await t!.close();
    site.publish(KEY.jwk, { ...NEXT.jwk, kid: KEY.kid });
    await boot();
    expect(await codeOf(await site.token(KEY))).toBe('issuer_keys_unreachable');
  });
});

describe('an answer that could be read in two ways', () => {
  const key = JSON.stringify(KEY.jwk);
  it.each<[what: string, path: string, page: (issuer: string) => string]>([
    ['keys', '/jwks', () => `{"keys":[],"keys":[${key}]}`],
    ['a member of a key', '/jwks', () => `{"keys":[${key.replace('{', '{"kid":"other",')}]}`],
    ['issuer', METADATA, (iss) => `{"issuer":"https://evil.example","issuer":"${iss}","jwks_uri":"${iss}/jwks"}`],
    ['jwks_uri', METADATA, (iss) => `{"issuer":"${iss}","jwks_uri":"https://evil.example","jwks_uri":"${iss}/jwks"}`],
    ['jwks_uri, escaped', METADATA, (iss) => `{"issuer":"${iss}","jwks_\\u0075ri":"","jwks_uri":"${iss}/jwks"}`],
  ])('is none: %s, twice', async (_what, path, page) => {
    site.pages.set(path, ((_request, response) => void response.end(page(site.issuer))) satisfies SiteReply);
    await boot();
    expect(await codeOf(await site.token(KEY))).toBe('issuer_keys_unreachable');
    const told = t!.events.find(({ kind }) => kind === 'upstream_failed');
    expect(told).toMatchObject({ reason: `${site.host} answers JSON with one member twice` });
  });
});

describe('a claim that is read by a function', () => {
  it('which answers later, says nothing, and its failure ends nothing', async () => {
    await boot({ claims: { roles: () => Promise.reject(new Error('later')), scopes: (claims) => claims.scope } });
    const principal = await verify(await site.token(KEY, { scope: 'read' }));
    expect(principal.roles).toEqual([]);
    await new Promise(setImmediate);
  });
});

describe('metadata', () => {
  it.each([
    ['of another issuer', { issuer: 'https://evil.example' }],
    ['of the issuer with a slash more', (issuer: string) => ({ issuer: `${issuer}/` })],
    ['without an issuer', { issuer: undefined }],
    ['that lead to a host that is not the issuer’s', { jwks_uri: 'https://evil.example/jwks' }],
    ['that lead to a file', { jwks_uri: 'file:///etc/passwd' }],
    ['that lead to the metadata of the cloud', { jwks_uri: 'http://169.254.169.254/jwks' }],
    ['that carry credentials', (issuer: string) => ({ jwks_uri: issuer.replace('//', '//a:b@') })],
    ['without a place of keys', { jwks_uri: undefined }],
  ])('%s are not used', async (_what, change) => {
    const page = typeof change === 'function' ? change(site.issuer) : change;
    site.pages.set('/.well-known/openid-configuration', {
      issuer: site.issuer,
      jwks_uri: `${site.issuer}/jwks`,
      ...page,
    });
    await boot();
    expect(await codeOf(await site.token(KEY))).toBe('issuer_keys_unreachable');
    expect(fetches()).toBe(0);
  });

  it('may lead to a host that is listed', async () => {
    const other = await openKeySite(START_MS / 1000);
    other.publish(KEY.jwk);
    const elsewhere = `${other.issuer.replace('127.0.0.1', 'localhost')}/jwks`;
    site.pages.set('/.well-known/openid-configuration', { issuer: site.issuer, jwks_uri: elsewhere });
    const reach = { dangerouslyAllowPrivate: ['127.0.0.1', 'localhost'] };
    await boot(reach);
    expect(await codeOf(await site.token(KEY))).toBe('issuer_keys_unreachable');
    await t!.close();
    await boot({ ...reach, jwksHosts: ['localhost'] });
    // Listed, and not at that port.
    expect(await codeOf(await site.token(KEY))).toBe('issuer_keys_unreachable');
    expect(other.asked).toEqual([]);
    await t!.close();
    await boot({ ...reach, jwksHosts: [`localhost:${other.host.split(':')[1]}`] });
    expect(await codeOf(await site.token(KEY))).toBe('alice');
    await other.close();
  });
});

it('nothing is reached on loopback unless the issuer is allowed to be there', async () => {
  const { dangerouslyAllowPrivate: _private, ...options } = site.options();
  t = await bootApp({ security: { jwt: { issuers: [options] } } });
  expect(await codeOf(await site.token(KEY))).toBe('issuer_keys_unreachable');
  expect(site.asked).toEqual([]);
});
