/** One odd token, one that is too old, one that was revoked: what may an answer of the provider still do? */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenService, TokenVerifier, type IntrospectionOptions, type JwtOptions } from '../../lib/index.js';
import { bootApp, START_MS, type TestApp } from '../app.js';
import { refusalOf } from '../authentication/forge.js';
import { openKeySite, type KeySite, type SiteReply } from './key-site.js';

const HOUR_MS = 3_600_000;
const START_S = START_MS / 1000;
const GOOD = { active: true, sub: 'alice', aud: 'api', token_type: 'Bearer' };

let site: KeySite;
let t: TestApp;
/** What is answered, by token. A number is a status. */
let answers: Record<string, object | number>;
beforeEach(async () => {
  answers = {};
  site = await openKeySite(START_S);
  const reply: SiteReply = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token')!;
      const answer = answers[token] ?? GOOD;
      response.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
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

  it.each([401, 403, 429, 500, 503])('is not told apart by a %i: then nobody asks for a moment', async (status) => {
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
    ['by its `iat`', { ...GOOD, iat: START_S }],
    ['by when it was first seen', GOOD],
  ])('is too old after a day, %s', async (_how, answer) => {
    answers.a = answer;
    await boot();
    expect(await outcomeOf('a')).toBe('in: alice');
    t.clock.advance(23 * HOUR_MS);
    expect(await outcomeOf('a')).toBe('in: alice');
    t.clock.advance(HOUR_MS + 5_001);
    expect(await outcomeOf('a')).toBe('token_too_old');
    expect(await outcomeOf('another')).toBe('in: alice');
  });

  it.each([
    ['its `iat`', { ...GOOD, iat: START_S }],
    ['no `iat`', GOOD],
  ])('and was revoked is never good again, with %s', async (_how, answer) => {
    answers.a = answer;
    const maxTokenAge = 3 * 86_400;
    await boot({ maxTokenAge });
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
