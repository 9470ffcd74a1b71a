import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TokenService, TokenVerifier, type JwtOptions } from '../../lib/index.js';
import { bootApp } from '../app.js';
import { refusal, refusalOf, forge, GOOD_CLAIMS, hmac } from './forge.js';

const old = generateKeyPairSync('ed25519');
const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (pair: typeof old, kid: string) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig' });

async function withApp<T>(
  jwt: JwtOptions,
  use: (tokens: TokenService, verifier: TokenVerifier) => Promise<T>,
): Promise<T> {
  const t = await bootApp({ security: { jwt } });
  try {
    return await use(t.app.get(TokenService), t.app.get(TokenVerifier));
  } finally {
    await t.close();
  }
}
const issueWith = (jwt: JwtOptions) =>
  withApp(jwt, async (tokens) => (await tokens.issue({ id: 'alice' })).accessToken);

describe('rotating key pairs', () => {
  const before: JwtOptions = { privateKey: old.privateKey, keyId: 'old' };
  const during: JwtOptions = { privateKey: next.privateKey, keyId: 'next', jwks: { keys: [jwkOf(old, 'old')] } };
  const after: JwtOptions = { privateKey: next.privateKey, keyId: 'next' };

  it('accepts the tokens of both while both are there, then only the new ones', async () => {
    const oldToken = await issueWith(before);
    const newToken = await issueWith(during);
    await withApp(during, async (_tokens, verifier) => {
      expect((await verifier.verify(oldToken)).id).toBe('alice');
      expect((await verifier.verify(newToken)).id).toBe('alice');
    });
    await withApp(after, async (_tokens, verifier) => {
      expect((await verifier.verify(newToken)).id).toBe('alice');
      expect(await refusalOf(verifier.verify(oldToken))).toEqual(refusal('algorithm_not_allowed'));
    });
    await withApp(before, async (_tokens, verifier) => {
      expect(await refusalOf(verifier.verify(newToken))).toEqual(refusal('algorithm_not_allowed'));
    });
  });
});

describe('rotating secrets', () => {
  const [first, second] = ['first-secret-of-more-than-32-bytes-here', 'second-secret-of-more-than-32-bytes-here'];
  const keys = [
    { kid: '2026', secret: second },
    { kid: '2025', secret: first },
  ];
  const signed = (kid: string | undefined, secret: string) =>
    forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'at+jwt', kid }, hmac(secret));

  it('signs with the first, names it, and verifies with each by its name', async () => {
    await withApp({ keys }, async (tokens, verifier) => {
      const { accessToken } = await tokens.issue({ id: 'alice' });
      const header = JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()) as unknown;
      expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: '2026' });
      expect((await verifier.verify(accessToken)).id).toBe('alice');
      expect((await verifier.verify(signed('2025', first))).id).toBe('alice');
      expect((await verifier.verify(signed(undefined, first))).id).toBe('alice');
      expect(await refusalOf(verifier.verify(signed('2025', second)))).toEqual(refusal('signature_mismatch'));
      expect(await refusalOf(verifier.verify(signed('2024', first)))).toEqual(refusal('key_unknown'));
    });
  });
});
