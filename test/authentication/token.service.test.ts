import { generateKeyPairSync } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  CurrentPrincipal,
  TokenService,
  TokenVerifier,
  type JwtOptions,
  type Principal,
  Returns,
} from '../../lib/index.js';
import { bootApp, START_MS, TEST_SECRET, type TestApp } from '../app.js';
import { NOW_S } from './forge.js';

@Returns(Object)
@Controller()
class MeController {
  @Get('me')
  me(@CurrentPrincipal() caller: Principal) {
    return caller;
  }
}

async function withApp(jwt: JwtOptions, use: (t: TestApp, tokens: TokenService) => Promise<void>): Promise<void> {
  const t = await bootApp({ security: { jwt }, controllers: [MeController] });
  try {
    await use(t, t.app.get(TokenService));
  } finally {
    await t.close();
  }
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('issue', () => {
  it('makes a token that this app accepts, and says how long', async () => {
    await withApp(
      { secret: TEST_SECRET, issuer: ['https://me', 'https://old'], audience: 'shop' },
      async (t, tokens) => {
        const issued = await tokens.issue({
          id: 'alice',
          roles: ['user'],
          scopes: ['orders:read', 'orders:write'],
          tier: 'gold',
          claims: { tenant: 't1' },
        });
        expect(issued).toEqual({
          accessToken: expect.any(String) as string,
          tokenType: 'Bearer',
          expiresIn: 900,
          expiresAtMs: START_MS + 900_000,
        });
        expect(decodeProtectedHeader(issued.accessToken)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
        expect(decodeJwt(issued.accessToken)).toEqual({
          sub: 'alice',
          iss: 'https://me',
          aud: 'shop',
          iat: NOW_S,
          exp: NOW_S + 900,
          jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          roles: ['user'],
          scope: 'orders:read orders:write',
          tier: 'gold',
          tenant: 't1',
        });
        const answer = await t.send('GET /me', { token: issued.accessToken });
        expect(answer.body).toMatchObject({
          id: 'alice',
          scheme: 'jwt',
          roles: ['user'],
          scopes: ['orders:read', 'orders:write'],
          tier: 'gold',
        });
      },
    );
  });

  it('tells who got a token, and never the token', async () => {
    await withApp({ secret: TEST_SECRET }, async (t, tokens) => {
      const { accessToken } = await tokens.issue({ id: 'alice' });
      const issued = t.events.filter(({ kind }) => kind === 'token_issued');
      expect(issued).toEqual([
        {
          kind: 'token_issued',
          level: 'info',
          timeMs: START_MS,
          subject: { principal: { id: 'alice', scheme: 'jwt' } },
          credentialId: decodeJwt(accessToken).jti,
        },
      ]);
      expect(JSON.stringify(t.events)).not.toContain(accessToken);
    });
  });

  it('never issues the same token twice', async () => {
    await withApp({ secret: TEST_SECRET }, async (_t, tokens) => {
      const [one, two] = await Promise.all([tokens.issue({ id: 'alice' }), tokens.issue({ id: 'alice' })]);
      expect(one!.accessToken).not.toBe(two!.accessToken);
    });
  });

  it('takes a principal, and nothing from it that is for the service to say', async () => {
    await withApp({ secret: TEST_SECRET, accessTokenTtl: 60 }, async (t, tokens) => {
      const { accessToken } = await tokens.issue({ id: 'alice', roles: ['user'] });
      const principal = await t.app.get(TokenVerifier).verify(accessToken);
      t.clock.advance(30_000);
      const again = await tokens.issue(principal);
      expect(decodeJwt(again.accessToken)).toMatchObject({
        sub: 'alice',
        roles: ['user'],
        iat: NOW_S + 30,
        exp: NOW_S + 90,
      });
      expect(decodeJwt(again.accessToken).jti).not.toBe(principal.credentialId);
      const sly = await tokens.issue({
        id: 'alice',
        claims: { sub: 'admin', roles: ['admin'], exp: 4_000_000_000, aud: 'x' },
      });
      expect(decodeJwt(sly.accessToken)).toEqual({
        sub: 'alice',
        iat: NOW_S + 30,
        exp: NOW_S + 90,
        jti: expect.any(String) as string,
      });
    });
  });

  it.each([
    ['PS256', rsa, ['PS256']],
    ['RS256', rsa, undefined],
    ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), undefined],
    ['EdDSA', generateKeyPairSync('ed25519'), undefined],
    ['Ed25519', generateKeyPairSync('ed25519'), ['Ed25519']],
  ] as const)('signs with %s, which others can verify', async (alg, { privateKey, publicKey }, algorithms) => {
    await withApp({ privateKey, keyId: 'k1', ...(algorithms && { algorithms }) }, async (t, tokens) => {
      const { accessToken } = await tokens.issue({ id: 'alice' });
      const { protectedHeader } = await jwtVerify(accessToken, publicKey, { currentDate: new Date(START_MS) });
      expect(protectedHeader).toEqual({ alg, typ: 'at+jwt', kid: 'k1' });
      expect((await t.send('GET /me', { token: accessToken })).status).toBe(200);
    });
  });

  it('writes the type that the app accepts', async () => {
    await withApp({ secret: TEST_SECRET, typ: ['JWT'] }, async (t, tokens) => {
      const { accessToken } = await tokens.issue({ id: 'alice' });
      expect((await t.send('GET /me', { token: accessToken })).status).toBe(200);
    });
  });

  it('says what is missing where there are verification keys only', async () => {
    await withApp({ publicKey: rsa.publicKey }, async (_t, tokens) => {
      await expect(tokens.issue({ id: 'alice' })).rejects.toThrow(
        new TypeError(
          'TokenService.issue: there are verification keys only. Set `security.jwt.privateKey` or `secret`.',
        ),
      );
    });
  });

  it.each([
    [{ id: '' }, /the subject needs a non-empty id/],
    [{ id: 7 as unknown as string }, /the subject needs a non-empty id/],
    [{ id: 'alice', claims: { nonce: 'x' } }, /not_an_access_token: nonce\. Rename that claim/],
    [{ id: 'alice', claims: { token_use: 'refresh' } }, /not_an_access_token: token_use/],
    [{ id: 'alice', claims: { all: 'x'.repeat(9000) } }, /make a token of over 8192 bytes/],
  ])('issues nothing that it would refuse itself', async (subject, problem) => {
    await withApp({ secret: TEST_SECRET }, async (t, tokens) => {
      await expect(tokens.issue(subject)).rejects.toThrow(problem);
      expect(t.events.filter(({ kind }) => kind === 'token_issued')).toEqual([]);
    });
  });
});
