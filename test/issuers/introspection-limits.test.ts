/** One odd token, one that is too old, one that was revoked: what may an answer of the provider still do? */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  MemoryRevocationStore,
  perMinute,
  TokenService,
  TokenVerifier,
  type IntrospectionOptions,
  type JwtOptions,
} from '../../lib/index.js';
import { bootApp, START_MS, type TestApp } from '../app.js';
import { refusalOf } from '../authentication/forge.js';
import { ResourceController } from '../oidc/resource-app.js';
import { openKeySite, type KeySite, type SiteReply } from './key-site.js';

const HOUR_MS = 3_600_000;
const START_S = START_MS / 1000;
const GOOD = { active: true, sub: 'alice', aud: 'api', token_type: 'Bearer', iat: START_S };
const UNDATED = { ...GOOD, iat: undefined };

let site: KeySite;
let t: TestApp;
/** What is answered, by token. A number is a status. */
let answers: Record<string, object | number | string>;
/** Answers wait for it. */
let gate: Promise<void> | undefined;
beforeEach(async () => {
  answers = {};
  gate = undefined;
  site = await openKeySite(START_S);
  const reply: SiteReply = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answerWhenOpen());
    const answerWhenOpen = async () => {
      await gate;
      const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token')!;
      const answer = answers[token] ?? GOOD;
      response.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    };
  };
  site.pages.set('/introspect', reply);
});
afterEach(() => Promise.all([t.close(), site.close()]));

const introspection = (more: Partial<IntrospectionOptions> = {}): IntrospectionOptions => ({
  endpoint: `${site.issuer}/introspect`,
  clientId: 'api',
  clientSecret: 'secret',
  audience: 'api',
  dangerouslyAllowHttp: true,
  dangerouslyAllowPrivate: [site.host],
  ...more,
});
const boot = async (more: Partial<IntrospectionOptions> = {}, jwt: JwtOptions = {}) => {
  t = await bootApp({ security: { sessions: {}, jwt: { introspection: introspection(more), ...jwt } } });
};
const verify = (token: string) => t.app.get(TokenVerifier).verify(token);
const outcomeOf = async (token: string): Promise<string> => {
  const outcome = (await refusalOf(verify(token))) as { accepted?: { id: string }; reason?: string };
  return outcome.accepted === undefined ? String(outcome.reason) : `in: ${outcome.accepted.id}`;
};

describe('a token that the provider will not look up', () => {
  it.each([400, 413, 414, 422])(
    'is refused for a %i, asked about once, and costs nobody else anything',
    async (status) => {
      answers.odd = status;
      await boot();
      expect(await outcomeOf('odd')).toBe('token_not_introspected');
      expect(await outcomeOf('odd')).toBe('token_inactive');
      expect(site.asked).toHaveLength(1);
      expect(await outcomeOf('good')).toBe('in: alice');
    },
  );

  it.each([401, 403, 429])('is not told apart by a %i: then nobody new asks for a moment', async (status) => {
    answers.first = status;
    await boot();
    expect(await outcomeOf('first')).toBe('introspection_unreachable');
    expect(await outcomeOf('good')).toBe('introspection_unreachable');
    expect(site.asked).toHaveLength(1);
    t.clock.advance(1_000);
    expect(await outcomeOf('good')).toBe('in: alice');
  });

  it('is not even asked about where it begins as a JWT does and is none', async () => {
    await boot();
    for (const odd of ['eyJhbGciOiJub25lIn0.AA=.AA=', 'eyJ.~.=', 'eyJ..']) {
      expect(await outcomeOf(odd)).not.toMatch(/^in|unreachable/);
    }
    expect(site.asked).toEqual([]);
    expect(await outcomeOf('eyJ-opaque')).toBe('in: alice');
  });
});

describe('an answer', () => {
  it('is used until `exp` and no longer, whatever the clocks may differ by', async () => {
    answers.a = { ...GOOD, exp: START_S + 20 };
    await boot({ clockTolerance: 300 });
    expect(await outcomeOf('a')).toBe('in: alice');
    t.clock.advance(19_000);
    expect(await outcomeOf('a')).toBe('in: alice');
    expect(site.asked).toHaveLength(1);
    t.clock.advance(1_000);
    answers.a = { active: false };
    expect(await outcomeOf('a')).toBe('token_inactive');
  });

  it('that is dated ahead of us, or by no date, is refused', async () => {
    answers = { ahead: { ...GOOD, iat: START_S + 60 }, odd: { ...GOOD, iat: 'now' } };
    await boot();
    expect(await outcomeOf('ahead')).toBe('token_not_yet_valid');
    expect(await outcomeOf('odd')).toBe('iat_not_a_number');
  });
});

describe('an opaque token that does not expire', () => {
  it.each([
    ['by its `iat`', GOOD],
    ['by when it was first seen', UNDATED],
  ])('is too old after a day, %s', async (_how, answer) => {
    answers = { a: answer, another: { ...GOOD, iat: START_S + 86_400 } };
    await boot({ dangerouslyAllowUndated: true });
    expect(await outcomeOf('a')).toBe('in: alice');
    t.clock.advance(23 * HOUR_MS);
    expect(await outcomeOf('a')).toBe('in: alice');
    t.clock.advance(HOUR_MS + 5_001);
    expect(await outcomeOf('a')).toBe('token_too_old');
    expect(await outcomeOf('another')).toBe('in: alice');
  });

  it.each([
    ['its `iat`', GOOD],
    ['no `iat`', UNDATED],
  ])('and was revoked is never good again, with %s', async (_how, answer) => {
    answers.a = answer;
    const maxTokenAge = 3 * 86_400;
    await boot({ maxTokenAge, dangerouslyAllowUndated: true });
    await t.app.get(TokenService).revoke(await verify('a'));
    for (let hours = 0; hours <= 80; hours += 4) {
      expect(await outcomeOf('a')).toMatch(/^token_(revoked|too_old)$/);
      t.clock.advance(4 * HOUR_MS);
    }
    expect(await outcomeOf('a')).toBe('token_too_old');
  });

  it('and was revoked stays so to the end of the provider’s own tolerance', async () => {
    answers.a = { ...GOOD, exp: START_S + 600 };
    await boot({ clockTolerance: 300 });
    await t.app.get(TokenService).revoke(await verify('a'));
    t.clock.advance(890_000);
    expect(await outcomeOf('a')).toBe('token_revoked');
    t.clock.advance(20_000);
    expect(await outcomeOf('a')).toBe('token_expired');
  });
});

describe('an opaque token without a date', () => {
  const boots = (revocations: MemoryRevocationStore, more: Partial<IntrospectionOptions> = {}) =>
    bootApp({
      security: { sessions: { revocations }, jwt: { introspection: introspection(more) } },
    });

  it('is refused: nobody could say how long a revocation of it has to be remembered', async () => {
    answers = { a: UNDATED, b: { ...UNDATED, iat: null }, c: { ...UNDATED, exp: START_S + 3_600 } };
    await boot();
    for (const token of ['a', 'b', 'c']) expect(await outcomeOf(token)).toBe('iat_missing');
  });

  it('and one that was revoked here is good nowhere a day later, in no process that has not seen it', async () => {
    const store = new MemoryRevocationStore();
    t = await boots(store);
    const fresh = await boots(store);
    try {
      await t.app.get(TokenService).revoke(await verify('a'));
      expect(await outcomeOf('a')).toBe('token_revoked');
      for (let hours = 0; hours < 75; hours += 25) {
        fresh.clock.advance(25 * HOUR_MS);
        expect(await refusalOf(fresh.app.get(TokenVerifier).verify('a'))).toMatchObject({ reason: 'token_too_old' });
      }
    } finally {
      await fresh.close();
    }
  });
});

describe('tokens that somebody makes up', () => {
  it('do not shut out those that are known, nor let more than 64 of their kind be asked about', async () => {
    await boot();
    expect(await outcomeOf('good')).toBe('in: alice');
    t.clock.advance(61_000);
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const before = site.asked.length;
    const strangers = Array.from({ length: 70 }, (_, n) => outcomeOf(`made-up-${n}`));
    const again = outcomeOf('good');
    await expect.poll(() => site.asked.length - before).toBe(65);
    open();
    expect(await again).toBe('in: alice');
    expect((await Promise.all(strangers)).filter((outcome) => outcome === 'too_many_introspections')).toHaveLength(6);
  });

  it.each([401, 429, 500, 503])(
    'do not shut out those that are known where the provider answers a %i',
    async (status) => {
      await boot();
      expect(await outcomeOf('good')).toBe('in: alice');
      t.clock.advance(61_000);
      answers = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`made-up-${n}`, status]));
      for (const token of Object.keys(answers)) expect(await outcomeOf(token)).toBe('introspection_unreachable');
      expect(await outcomeOf('good')).toBe('in: alice');
    },
  );

  it.each([500, 503])('shut out nobody else where the provider fails on one with a %i', async (status) => {
    answers.odd = status;
    await boot();
    expect(await outcomeOf('odd')).toBe('introspection_unreachable');
    expect(await outcomeOf('odd')).toBe('introspection_unreachable');
    expect(site.asked).toHaveLength(1);
    expect(await outcomeOf('good')).toBe('in: alice');
    t.clock.advance(1_000);
    expect(await outcomeOf('odd')).toBe('introspection_unreachable');
    expect(site.asked).toHaveLength(3);
  });

  it('are not asked about for a moment once the provider has failed on four in a row', async () => {
    answers = { a: 500, b: 500, c: 500, d: 500 };
    await boot();
    for (const token of ['a', 'b', 'c', 'd', 'good']) expect(await outcomeOf(token)).toBe('introspection_unreachable');
    expect(site.asked).toHaveLength(4);
    t.clock.advance(1_000);
    for (const token of ['a', 'b', 'c']) expect(await outcomeOf(token)).toBe('introspection_unreachable');
    expect(await outcomeOf('good')).toBe('in: alice');
    expect(await outcomeOf('d')).toBe('introspection_unreachable');
    expect(await outcomeOf('another')).toBe('in: alice');
  });

  it('stay out with all others where the provider fails on a token that is known', async () => {
    await boot();
    await outcomeOf('good');
    t.clock.advance(61_000);
    answers.good = 503;
    expect(await outcomeOf('good')).toBe('introspection_unreachable');
    expect(await outcomeOf('another')).toBe('introspection_unreachable');
    expect(site.asked).toHaveLength(2);
  });

  it('and on which the provider fails are charged to the address that sends them', async () => {
    answers = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`made-up-${n}`, 500]));
    t = await bootApp({
      controllers: [ResourceController],
      security: { throttling: { address: perMinute(6) }, jwt: { introspection: introspection() } },
    });
    const me = async (token: string, from: string) => (await t.send('GET /me', { token, from })).status;
    for (let n = 0; n < 6; n++) {
      expect(await me(`made-up-${n}`, '127.0.0.7')).toBe(503);
      t.clock.advance(1_000);
    }
    expect(await me('made-up-7', '127.0.0.7')).toBe(429);
    expect(await me('good', '127.0.0.8')).toBe(200);
    // Who is known passes, also from there.
    expect(await me('good', '127.0.0.7')).toBe(200);
  });
});

describe('an answer that could be read in two ways', () => {
  it.each([
    ['active', '{"active":false,"active":true,"sub":"alice","aud":"api","token_type":"Bearer","iat":1}'],
    ['active, escaped', '{"active":false,"\\u0061ctive":true,"sub":"alice","aud":"api","token_type":"Bearer","iat":1}'],
    ['sub', '{"active":true,"sub":"mallory","sub":"alice","aud":"api","token_type":"Bearer","iat":1}'],
  ])('is none: `%s` is there twice', async (_what, answer) => {
    answers.a = answer;
    await boot();
    expect(await outcomeOf('a')).toBe('introspection_unreachable');
    expect(t.events).toContainEqual(
      expect.objectContaining({ kind: 'upstream_failed', reason: `${site.host} answers JSON with one member twice` }),
    );
  });
});

it('a provider without a prefix does not name the people of an issuer with one', async () => {
  answers = {
    sub: { ...GOOD, sub: 'kc:alice' },
    sid: { ...GOOD, sid: 'kc:s' },
    jti: { ...GOOD, jti: 'kc:j' },
    good: { ...GOOD, sub: 'kd:alice' },
  };
  await boot({}, { issuers: [site.options({ idPrefix: 'kc' })] });
  for (const name of ['sub', 'sid', 'jti']) expect(await outcomeOf(name)).toBe(`${name}_of_another_issuer`);
  expect(await outcomeOf('good')).toBe('in: kd:alice');
});
