/** One issuer speaks for another: its keys, its users' names, its metadata. Each tenant may run a provider of its own. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TokenService, TokenVerifier, type IssuerOptions, type JwtOptions } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, TEST_SECRET, type TestApp } from '../app.js';
import { refusalOf } from '../authentication/forge.js';
import { IdSpaces } from '../../lib/authentication/issuers/id-spaces.js';
import { TenantIssuers } from '../../lib/authentication/issuers/tenant-issuers.js';
import { AUDIENCE, namedKey, openKeySite, type KeySite } from '../issuers/key-site.js';
import { ResourceController } from '../oidc/resource-app.js';
import { tokenFor } from '../tokens.js';

const [KEY_A, KEY_B] = [namedKey('same-name'), namedKey('same-name')];
let a: KeySite;
let b: KeySite;
let t: TestApp | undefined;
beforeAll(async () => {
  a = await openKeySite(START_MS / 1000, '/a');
  b = await openKeySite(START_MS / 1000, '/b');
});
afterAll(() => Promise.all([a.close(), b.close()]));
beforeEach(() => {
  a.publish(KEY_A.jwk);
  b.publish(KEY_B.jwk);
});
afterEach(async () => {
  await t?.close();
  t = undefined;
});

async function boot(jwt: JwtOptions, platform: (typeof PLATFORMS)[number] = 'express'): Promise<void> {
  t = await bootApp({ platform, controllers: [ResourceController], security: { sessions: {}, jwt } });
}
const both = (): JwtOptions => ({
  issuers: [a.options({ idPrefix: 'a', tenant: 'a' }), b.options({ idPrefix: 'b', tenant: 'b' })],
});

async function outcomeOf(token: string): Promise<string> {
  const outcome = (await refusalOf(t!.app.get(TokenVerifier).verify(token))) as {
    accepted?: { id: string };
    reason?: string;
  };
  return outcome.accepted === undefined ? String(outcome.reason) : `in: ${outcome.accepted.id}`;
}

describe.each(PLATFORMS)('two issuers on %s', (platform) => {
  it('each verify their own tokens, and no others', async () => {
    await boot(both(), platform);
    const me = async (token: string) => (await t!.send('GET /me', { token })).body;
    expect(await me(await a.token(KEY_A))).toMatchObject({ id: 'a:alice', tenant: 'a' });
    expect(await me(await b.token(KEY_B))).toMatchObject({ id: 'b:alice', tenant: 'b' });
    // B signs in the name of A, by a key of the same name.
    expect(await me(await a.token(KEY_B))).toMatchObject({ status: 401 });
    expect(await me(await b.token(KEY_A))).toMatchObject({ status: 401 });
  });
});

it('a token of one issuer does not become another’s by naming both', async () => {
  await boot(both());
  expect(await outcomeOf(await a.token(KEY_B))).toBe('signature_mismatch');
  expect(await outcomeOf(await b.token(KEY_B, { iss: [b.issuer, a.issuer] as never }))).toBe('issuer_not_a_string');
  expect(await outcomeOf(await b.token(KEY_B, { iss: `${b.issuer}/` }))).toBe('issuer_not_accepted');
  expect(await outcomeOf(await b.token(KEY_B, { iss: b.issuer.toUpperCase() }))).toBe('issuer_not_accepted');
  expect(await outcomeOf(await b.token(KEY_B, { iss: undefined }))).toBe('issuer_missing');
});

it('keys of our own do not sign for an issuer, nor an issuer for us', async () => {
  await boot({ ...both(), secret: TEST_SECRET });
  expect(await outcomeOf(await tokenFor('alice'))).toBe('in: alice');
  expect(await outcomeOf(await tokenFor('alice', { iss: a.issuer, jti: 'x', client_id: 'x' }))).toBe(
    'algorithm_not_allowed',
  );
  expect(await outcomeOf(await a.token(KEY_A, { iss: 'https://ours.example' }))).toBe('algorithm_not_allowed');
});

it('metadata of one tenant do not hand out keys for another', async () => {
  a.pages.set('/a/.well-known/openid-configuration', { issuer: b.issuer, jwks_uri: `${b.issuer}/jwks` });
  await boot(both());
  expect(await outcomeOf(await a.token(KEY_B))).toBe('issuer_keys_unreachable');
  a.pages.set('/a/.well-known/openid-configuration', { issuer: a.issuer, jwks_uri: `${b.issuer}/jwks` });
  await t!.close();
  // The host is one and the same here, and ports are no wall on one machine: what differs must stop it.
  await boot({ issuers: [a.options({ idPrefix: 'a' }), b.options({ idPrefix: 'b' })] });
  expect(await outcomeOf(await a.token(KEY_B))).toBe('issuer_keys_unreachable');
  a.pages.set('/a/.well-known/openid-configuration', { issuer: a.issuer, jwks_uri: `${a.issuer}/jwks` });
});

describe('one name for two people', () => {
  it.each([
    ['two issuers', (): JwtOptions => ({ issuers: [a.options(), b.options()] })],
    [
      'two issuers of one prefix',
      (): JwtOptions => ({ issuers: [a.options({ idPrefix: 'x' }), b.options({ idPrefix: 'x' })] }),
    ],
    ['an issuer and our own keys', (): JwtOptions => ({ secret: TEST_SECRET, issuers: [a.options()] })],
  ])('stops the boot: %s', async (_what, jwt) => {
    await expect(boot(jwt())).rejects.toThrow(/idPrefix: .* one `sub` may be two people\. Give each its own/);
  });

  it('is taken where somebody says that it is one person', async () => {
    await boot({ secret: TEST_SECRET, issuers: [a.options({ dangerouslySharedIds: true })] });
    expect(await outcomeOf(await a.token(KEY_A))).toBe('in: alice');
    expect(await outcomeOf(await tokenFor('alice'))).toBe('in: alice');
  });

  it('cannot be made by writing the prefix of another into `sub`', async () => {
    await boot({ issuers: [a.options({ idPrefix: 'a' }), b.options()] });
    expect(await outcomeOf(await b.token(KEY_B, { sub: 'a:alice' }))).toBe('sub_of_another_issuer');
    expect(await outcomeOf(await b.token(KEY_B, { sub: 'alice:a' }))).toBe('in: alice:a');
    expect(await outcomeOf(await a.token(KEY_A, { sub: 'b:alice' }))).toBe('in: a:b:alice');
  });

  it('cannot be made by writing it into the names of token and session', async () => {
    await boot({ issuers: [a.options({ idPrefix: 'a' }), b.options()] });
    expect(await outcomeOf(await b.token(KEY_B, { sid: 'a:s' }))).toBe('sid_of_another_issuer');
    expect(await outcomeOf(await b.token(KEY_B, { jti: 'a:j' }))).toBe('jti_of_another_issuer');
    expect(await outcomeOf(await b.token(KEY_B, { jti: 'b:j', sid: 's' }))).toBe('in: alice');
    expect(await outcomeOf(await a.token(KEY_A, { sid: 'a:s', jti: 'b:j' }))).toBe('in: a:alice');
  });

  it('cannot be made in a token of ours either', async () => {
    await boot({ secret: TEST_SECRET, issuers: [a.options({ idPrefix: 'a' })] });
    expect(await outcomeOf(await tokenFor('a:alice'))).toBe('sub_of_another_issuer');
  });
});

it('a session or token of one issuer is not ended by another that calls its own by the same id', async () => {
  await boot({ ...both(), rememberedTokens: 0 });
  const [ofA, ofB] = [await a.token(KEY_A, { jti: 'j', sid: 's' }), await b.token(KEY_B, { jti: 'j', sid: 's' })];
  await t!.app.get(TokenService).revoke(await t!.app.get(TokenVerifier).verify(ofB));
  expect(await outcomeOf(ofB)).toBe('token_revoked');
  expect(await outcomeOf(ofA)).toBe('in: a:alice');
});

it('an issuer does not say how often its people may call', async () => {
  await boot(both());
  const principal = await t!.app.get(TokenVerifier).verify(await a.token(KEY_A, { tier: 'admin' }));
  expect(principal.tier).toBeUndefined();
});

it('keys of our own cannot come later, where nobody has said whose people they name', async () => {
  await boot(both());
  expect(() => t!.app.get(TokenVerifier).replaceKeys({ secret: TEST_SECRET })).toThrow(
    'TokenVerifier.replaceKeys: this app began without keys of its own.',
  );
});

describe('tenants that come and go', () => {
  let asked: string[];
  let known: Map<string, IssuerOptions>;
  const resolving = (): JwtOptions => ({
    issuerFor: (iss) => {
      asked.push(iss);
      return Promise.resolve(known.get(iss));
    },
  });
  beforeEach(() => {
    asked = [];
    known = new Map([[a.issuer, a.options({ idPrefix: 'a', tenant: 'a' })]]);
  });

  it('are asked for once a minute, together', async () => {
    await boot(resolving());
    const tokens = await Promise.all([1, 2, 3, 4].map((n) => a.token(KEY_A, { jti: `t${n}` })));
    expect(await Promise.all(tokens.map(outcomeOf))).toEqual(tokens.map(() => 'in: a:alice'));
    expect(asked).toEqual([a.issuer]);
    const fetched = a.asked.length;
    t!.clock.advance(60_000);
    expect(await outcomeOf(tokens[0]!)).toBe('in: a:alice');
    expect(asked).toEqual([a.issuer, a.issuer]);
    expect(a.asked.length).toBe(fetched);
  });

  it('are out within a minute of leaving, with every token that is remembered', async () => {
    await boot(resolving());
    const token = await a.token(KEY_A);
    expect(await outcomeOf(token)).toBe('in: a:alice');
    known.clear();
    t!.clock.advance(60_000);
    expect(await outcomeOf(token)).toBe('issuer_not_accepted');
  });

  it('that nobody knows are refused, and not asked for again for a minute', async () => {
    await boot(resolving());
    const token = await b.token(KEY_B);
    expect(await outcomeOf(token)).toBe('issuer_not_accepted');
    expect(await outcomeOf(token)).toBe('issuer_not_accepted');
    expect(asked).toEqual([b.issuer]);
    for (const iss of [
      '',
      'b',
      'file:///etc/passwd',
      'https://u:p@evil.example',
      `https://${'x'.repeat(600)}.example`,
    ]) {
      expect(await outcomeOf(await b.token(KEY_B, { iss }))).toBe('issuer_not_accepted');
    }
    expect(asked).toEqual([b.issuer]);
  });

  it('are not asked for where the token names ourselves', async () => {
    await boot({ ...resolving(), secret: TEST_SECRET, issuer: 'https://ours.example' });
    expect(await outcomeOf(await tokenFor('alice', { iss: 'https://ours.example' }))).toBe('in: alice');
    expect(asked).toEqual([]);
    // A colon could be the prefix of a tenant that nobody has heard of yet.
    expect(await outcomeOf(await tokenFor('a:alice', { iss: 'https://ours.example' }))).toBe('sub_of_another_issuer');
  });

  it('are asked for by at most 64 names at once', async () => {
    let answer: (nobody: undefined) => void = () => undefined;
    const waiting = new Promise<undefined>((resolve) => (answer = resolve));
    let count = 0;
    await boot({
      issuerFor: () => {
        count++;
        return waiting;
      },
    });
    const tokens = await Promise.all(
      Array.from({ length: 70 }, (_, n) => b.token(KEY_B, { iss: `https://made-up-${n}.example` })),
    );
    const outcomes = Promise.all(tokens.map(outcomeOf));
    await expect.poll(() => count).toBe(64);
    answer(undefined);
    expect((await outcomes).filter((outcome) => outcome === 'too_many_issuers_asked')).toHaveLength(6);
  });

  it('are asked for while 64 strangers are, and nobody is asked for longer than five seconds', async () => {
    let isSlow = false;
    let slow = 0;
    await boot({
      issuerFor: (iss) => {
        if (iss === a.issuer) return a.options({ idPrefix: 'a' });
        if (!isSlow) return undefined;
        slow++;
        return new Promise(() => undefined);
      },
    });
    const token = await a.token(KEY_A);
    expect(await outcomeOf(token)).toBe('in: a:alice');
    isSlow = true;
    const strangers = await Promise.all(
      Array.from({ length: 64 }, (_, n) => b.token(KEY_B, { iss: `https://made-up-${n}.example` })),
    );
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const outcomes = Promise.all(strangers.map(outcomeOf));
      await vi.waitUntil(() => slow === 64, { interval: 1 });
      t!.clock.advance(60_000);
      expect(await outcomeOf(token)).toBe('in: a:alice');
      await vi.advanceTimersByTimeAsync(5_000);
      expect(new Set(await outcomes)).toEqual(new Set(['issuer_resolver_failed']));
    } finally {
      vi.useRealTimers();
    }
  });

  it('do not share a prefix with another, listed or not', async () => {
    known.set(b.issuer, b.options({ idPrefix: 'a' }));
    await boot(resolving());
    expect(await outcomeOf(await a.token(KEY_A))).toBe('in: a:alice');
    expect(await outcomeOf(await b.token(KEY_B))).toBe('issuer_id_prefix_taken');
    known.set(b.issuer, b.options({ idPrefix: 'a', dangerouslySharedIds: true }));
    expect(await outcomeOf(await b.token(KEY_B))).toBe('in: a:alice');
    await t!.close();
    known.set(b.issuer, b.options({ idPrefix: 'a' }));
    await boot({ ...resolving(), issuers: [a.options({ idPrefix: 'a' })] });
    expect(await outcomeOf(await b.token(KEY_B))).toBe('issuer_id_prefix_taken');
  });

  it('hand a prefix on once they have left', async () => {
    await boot(resolving());
    expect(await outcomeOf(await a.token(KEY_A))).toBe('in: a:alice');
    known = new Map([[b.issuer, b.options({ idPrefix: 'a' })]]);
    t!.clock.advance(60_000);
    expect(await outcomeOf(await b.token(KEY_B))).toBe('in: a:alice');
    expect(await outcomeOf(await a.token(KEY_A))).toBe('issuer_not_accepted');
  });

  it('keep their keys where only a function of theirs is another one', async () => {
    await boot({ issuerFor: () => a.options({ idPrefix: 'a', claims: { roles: (claims) => claims.groups } }) });
    const before = a.asked.length;
    const token = await a.token(KEY_A, { groups: ['x'] });
    for (let minute = 0; minute < 5; minute++) {
      expect(await outcomeOf(token)).toBe('in: a:alice');
      t!.clock.advance(60_000);
    }
    expect(a.asked.length - before).toBe(2);
  });

  it.each<[what: string, change: (tenant: Record<string, unknown>) => void, after: string]>([
    ['audience', (tenant) => (tenant.audience = 'https://elsewhere.example'), 'audience_not_accepted'],
    [
      'audience, in its list',
      (tenant) => (tenant.audience as string[]).push('x') && (tenant.audience as string[]).shift(),
      'audience_not_accepted',
    ],
    ['algorithms', (tenant) => (tenant.algorithms = ['RS256']), 'algorithm_not_allowed'],
    ['place of the id', (tenant) => ((tenant.claims as { id: string }).id = 'oid'), 'claim_missing: id'],
    [
      'place of the id, in its list',
      (tenant) => ((tenant.claims as { tenant: string[] }).tenant[0] = 'gone'),
      'claim_missing: tenant',
    ],
    ['prefix', (tenant) => (tenant.idPrefix = 'z'), 'in: z:alice'],
  ])('are heard where they change their %s in the object that they gave before', async (_what, change, after) => {
    const claims = { id: 'sub', tenant: ['org', 'id'] };
    const tenant = { ...a.options({ idPrefix: 'a', audience: [AUDIENCE], claims }) } as Record<string, unknown>;
    await boot({ issuerFor: () => tenant as never });
    const token = await a.token(KEY_A, { org: { id: 'o' } });
    expect(await outcomeOf(token)).toBe('in: a:alice');
    change(tenant);
    expect(await outcomeOf(token)).toBe('in: a:alice');
    t!.clock.advance(60_000);
    expect(await outcomeOf(token)).toBe(after);
    expect(await outcomeOf(await a.token(KEY_A, { org: { id: 'o' }, jti: 'new' }))).toBe(after);
  });

  it.each<[what: string, more: () => Partial<IssuerOptions>, outcome: string]>([
    [
      'the place of their keys',
      () => ({ jwksUri: `${b.issuer}/jwks`, dangerouslyAllowPrivate: [b.host] }),
      'signature_mismatch',
    ],
    ['their algorithms', () => ({ algorithms: ['RS256'] }), 'algorithm_not_allowed'],
  ])('do not keep their keys where they change %s', async (_what, more, outcome) => {
    await boot(resolving());
    expect(await outcomeOf(await a.token(KEY_A))).toBe('in: a:alice');
    known.set(a.issuer, a.options({ idPrefix: 'a', ...more() }));
    t!.clock.advance(60_000);
    expect(await outcomeOf(await a.token(KEY_A, { jti: 'new' }))).toBe(outcome);
  });

  it('are remembered 10,000 at a time, and the one asked for longest ago makes room', async () => {
    let now = START_MS;
    let asks: string[] = [];
    const tenants = new TenantIssuers(
      {
        issuerFor: (iss) => {
          asks.push(iss);
          return { issuer: iss, audience: 'api', idPrefix: `t${new URL(iss).port}` };
        },
        idSpaces: new IdSpaces([], true),
        remote: (settings) => ({ settings }) as never,
      },
      { now: () => now },
    );
    const name = (n: number) => `https://tenants.example:${1_000 + n}`;
    for (let n = 0; n <= 10_000; n++) await tenants.find(name(n));
    now += 1_000;
    asks = [];
    for (const n of [10_000, 1, 0, 2]) await tenants.find(name(n));
    expect(asks).toEqual([name(0)]);
    await tenants.find(name(1));
    expect(asks).toEqual([name(0), name(1)]);
  });

  it('are good for no longer than revocations are remembered, whatever their options say', async () => {
    known.set(a.issuer, a.options({ idPrefix: 'a', maxTokenAge: 30 * 86_400 }));
    await boot(resolving());
    const token = await a.token(KEY_A, { exp: START_MS / 1000 + 30 * 86_400 });
    expect(await outcomeOf(token)).toBe('in: a:alice');
    t!.clock.advance(86_400_000 + 6_000);
    expect(await outcomeOf(token)).toBe('token_too_old');
  });

  it('are refused where the answer is about another', async () => {
    known.set(b.issuer, a.options({ idPrefix: 'b' }));
    await boot(resolving());
    expect(await outcomeOf(await b.token(KEY_A))).toBe('issuer_not_accepted');
  });

  it.each([
    ['fails', () => Promise.reject(new Error('db')), 'issuer_resolver_failed'],
    [
      'throws',
      () => {
        throw new Error('db');
      },
      'issuer_resolver_failed',
    ],
    ['answers nonsense', () => ({ issuer: a.issuer, audiense: 'x' }) as never, 'issuer_resolver_failed'],
    ['leaves the prefix out', () => a.options(), 'issuer_without_id_prefix'],
  ])('are nobody where the app %s', async (_what, issuerFor, reason) => {
    await boot({ issuerFor });
    expect(await outcomeOf(await a.token(KEY_A))).toBe(reason);
    expect((await t!.send('GET /me', { token: await a.token(KEY_A) })).status).toBe(503);
  });
});
