import { Controller, Get } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { RememberedTokens, digestOf } from '../../lib/authentication/jwt/remembered-tokens.js';
import { createPrincipal, TokenVerifier } from '../../lib/index.js';
import { bootApp, START_MS, type TestApp } from '../app.js';
import { refusal, refusalOf, forge, GOOD_CLAIMS, GOOD_HEADER, hmac, NOW_S } from './forge.js';

const forever = { fromMs: -Infinity, expiresMs: Infinity, staleAfterMs: Infinity };
const entry = (id: string, validity = forever) => ({ principal: createPrincipal({ id, scheme: 'jwt' }), validity });

describe('the memory', () => {
  it('gives back what was put in, by digest', () => {
    const memory = new RememberedTokens(10);
    memory.remember(digestOf('a'), entry('a'));
    expect(memory.recall(digestOf('a'), 0)?.id).toBe('a');
    expect(memory.recall(digestOf('b'), 0)).toBeUndefined();
  });

  it.each([
    [0, 0],
    [1, 0],
    [2, 2],
    [10, 10],
    [11, 10],
  ])('of size %i never holds more than %i', (size, most) => {
    const memory = new RememberedTokens(size);
    let greatest = 0;
    for (let index = 0; index < 100; index++) {
      memory.remember(digestOf(`${index}`), entry(`${index}`));
      greatest = Math.max(greatest, memory.size);
    }
    expect(greatest).toBe(most);
  });

  it('keeps what is used while strangers come and go', () => {
    const memory = new RememberedTokens(10);
    memory.remember(digestOf('regular'), entry('regular'));
    for (let index = 0; index < 1000; index++) {
      memory.remember(digestOf(`${index}`), entry(`${index}`));
      expect(memory.recall(digestOf('regular'), 0)?.id).toBe('regular');
    }
    expect(memory.recall(digestOf('1'), 0)).toBeUndefined();
    expect(memory.size).toBeLessThanOrEqual(10);
  });

  it('asks the clock at every recall, in both directions', () => {
    const memory = new RememberedTokens(10);
    memory.remember(digestOf('a'), entry('a', { fromMs: 1000, expiresMs: 2000, staleAfterMs: 1500 }));
    const at = (nowMs: number) => memory.recall(digestOf('a'), nowMs)?.id;
    expect([999, 1000, 1500, 1501, 2000].map(at)).toEqual([undefined, 'a', 'a', undefined, undefined]);
    expect(at(1200)).toBe('a');
  });
});

describe('the verifier', () => {
  let t: TestApp;
  afterEach(() => t.close());
  const boot = async (jwt: object = {}) => {
    t = await bootApp({ security: { jwt: { secret: 'a-secret-of-more-than-32-bytes-for-tests-only', ...jwt } } });
    return t.app.get(TokenVerifier);
  };

  it('answers at once for a token it has verified, with the same principal', async () => {
    const verifier = await boot();
    const token = forge();
    expect(verifier.recall(token)).toBeUndefined();
    const principal = await verifier.verify(token);
    expect(verifier.recall(token)).toBe(principal);
    expect(verifier.resolve(token)).toBe(principal);
    expect(await verifier.verify(token)).toBe(principal);
  });

  it('does not recall a token with anything changed', async () => {
    const verifier = await boot();
    const token = forge();
    await verifier.verify(token);
    for (const other of [`${token} `, ` ${token}`, `${token}.`, token.slice(0, -1), `${token}\u0000`]) {
      expect(verifier.recall(other)).toBeUndefined();
    }
    expect(verifier.recall(undefined as unknown as string)).toBeUndefined();
  });

  it('forgets a token when it expires, to the millisecond', async () => {
    const verifier = await boot({ clockTolerance: 0 });
    const token = forge({ ...GOOD_CLAIMS, exp: NOW_S + 60 });
    await verifier.verify(token);
    t.clock.advance(59_999);
    expect(verifier.recall(token)?.id).toBe('alice');
    t.clock.advance(1);
    expect(verifier.recall(token)).toBeUndefined();
    expect(await refusalOf(verifier.verify(token))).toEqual(refusal('token_expired'));
  });

  it('forgets a token when it is too old', async () => {
    const verifier = await boot({ maxTokenAge: 10, clockTolerance: 0 });
    const token = forge();
    await verifier.verify(token);
    t.clock.advance(10_000);
    expect(verifier.recall(token)?.id).toBe('alice');
    t.clock.advance(1);
    expect(verifier.recall(token)).toBeUndefined();
    expect(await refusalOf(verifier.verify(token))).toEqual(refusal('token_too_old'));
  });

  it('does not trust a token from the future when the clock goes backwards', async () => {
    const verifier = await boot({ clockTolerance: 0 });
    t.clock.advance(10_000);
    const token = forge({ ...GOOD_CLAIMS, iat: NOW_S + 10 });
    await verifier.verify(token);
    t.clock.advance(-1);
    expect(verifier.recall(token)).toBeUndefined();
    expect(await refusalOf(verifier.verify(token))).toEqual(refusal('token_not_yet_valid'));
  });

  it('remembers no refusal', async () => {
    const verifier = await boot({ clockTolerance: 0 });
    const token = forge({ ...GOOD_CLAIMS, nbf: NOW_S + 10 });
    expect(await refusalOf(verifier.verify(token))).toEqual(refusal('token_not_yet_valid'));
    t.clock.advance(10_000);
    expect((await verifier.verify(token)).id).toBe('alice');
  });

  it('remembers nothing where it is told to', async () => {
    const verifier = await boot({ rememberedTokens: 0 });
    const token = forge();
    await verifier.verify(token);
    expect(verifier.recall(token)).toBeUndefined();
    expect((await verifier.verify(token)).id).toBe('alice');
  });

  describe('when its keys are replaced', () => {
    const next = 'the-next-secret-of-more-than-32-bytes-for-tests';
    const rotated = forge(GOOD_CLAIMS, GOOD_HEADER, hmac(next));

    it('forgets what the former keys proved', async () => {
      const verifier = await boot();
      const token = forge();
      await verifier.verify(token);
      expect(await refusalOf(verifier.verify(rotated))).toEqual(refusal('signature_mismatch'));
      verifier.replaceKeys({ secret: next });
      expect(verifier.recall(token)).toBeUndefined();
      expect(await refusalOf(verifier.verify(token))).toEqual(refusal('signature_mismatch'));
      expect((await verifier.verify(rotated)).id).toBe('alice');
    });

    it('does not remember a token whose key was replaced while it was verified', async () => {
      const verifier = await boot();
      const token = forge();
      const pending = verifier.verify(token);
      verifier.replaceKeys({ secret: next });
      expect((await pending).id).toBe('alice');
      expect(verifier.recall(token)).toBeUndefined();
    });

    it('keeps the former ones where the new ones are no good', async () => {
      const verifier = await boot();
      const token = forge();
      await verifier.verify(token);
      expect(() => verifier.replaceKeys({ secret: 'short' })).toThrow(
        /TokenVerifier\.replaceKeys\.secret: the value has 5 bytes/,
      );
      expect(() => verifier.replaceKeys({})).toThrow(/there is no key/);
      expect(() => verifier.replaceKeys({ keys: [''] })).toThrow(TypeError);
      expect(verifier.recall(token)?.id).toBe('alice');
    });
  });
});

describe('over HTTP', () => {
  @Controller()
  class MeController {
    @Get('me')
    me() {
      return 'me';
    }
  }

  it('a remembered token stops being good when its time is over', async () => {
    const t = await bootApp({ controllers: [MeController] });
    try {
      const token = forge({ ...GOOD_CLAIMS, exp: START_MS / 1000 + 60 });
      expect((await t.send('GET /me', { token })).status).toBe(200);
      expect((await t.send('GET /me', { token })).status).toBe(200);
      t.clock.advance(65_000);
      expect((await t.send('GET /me', { token })).status).toBe(401);
    } finally {
      await t.close();
    }
  });
});
