import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import {
  JwksController,
  SecurityModule,
  SigningKeys,
  TokenService,
  TokenVerifier,
  type JwtOptions,
  type SigningKeyInput,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';
import { MeController } from './app.js';

const ed = () => generateKeyPairSync('ed25519').privateKey;
const [first, second, third] = [ed(), ed(), ed()];
const key = (kid: string, privateKey: SigningKeyInput['privateKey'], state: SigningKeyInput['state']) => ({
  kid,
  privateKey,
  state,
});

describe.each(PLATFORMS)('signing keys on %s', (platform) => {
  let t: TestApp;
  afterEach(() => t.close());
  const boot = async (jwt: JwtOptions) => {
    t = await bootApp({ platform, security: { jwt }, controllers: [MeController] });
    return { tokens: t.app.get(TokenService), keys: t.app.get(SigningKeys) };
  };
  const issue = async () => (await t.app.get(TokenService).issue({ id: 'alice' })).accessToken;
  const statusOf = async (token: string) => (await t.send('GET /me', { token })).status;

  it('rotate while requests flow, and none is refused', async () => {
    const { keys } = await boot({ privateKey: first, keyId: 'first' });
    const tokens = new Set<string>();
    const statuses: number[] = [];
    const flow = async () => {
      for (let round = 0; round < 5; round++) {
        const token = await issue();
        tokens.add(token);
        statuses.push(...(await Promise.all([...tokens].slice(-5).map(statusOf))));
      }
    };
    const flows = [flow(), flow()];
    for (let turn = 0; turn < 3; turn++) {
      await keys.generate();
      flows.push(flow());
      keys.rotate();
      flows.push(flow());
    }
    await Promise.all(flows);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(new Set([...tokens].map((token) => decodeProtectedHeader(token).kid)).size).toBeGreaterThan(2);
    // Until it expires, with the tolerance, each of them stays good; nothing of the rings before is left after that.
    t.clock.advance(904_999);
    for (const token of tokens) expect(await statusOf(token)).toBe(200);
    t.clock.advance(1);
    expect(keys.list().map(({ state }) => state)).toEqual(['retired', 'retired', 'retired', 'active']);
    expect(keys.publicJwks().keys).toHaveLength(1);
  });

  it('publish public keys only, to whoever asks', async () => {
    const { keys } = await boot({
      signingKeys: [key('a', first, 'active'), key('b', second, 'retiring'), key('c', third, 'retired')],
      jwksController: true,
      issuer: 'https://me',
    });
    const next = await keys.generate('ES256');
    const answer = await t.send('GET /.well-known/jwks.json');
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
    const okp = { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), alg: 'EdDSA', use: 'sig' };
    expect(answer.body).toEqual({
      keys: [
        { ...okp, kid: 'a' },
        { ...okp, kid: 'b' },
        { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), alg: 'ES256', use: 'sig', kid: next },
      ],
    });
    for (const secret of ['"d"', '"p"', '"q"', '"k"']) expect(answer.text).not.toContain(secret);
    const set = createLocalJWKSet(answer.body);
    const verified = await jwtVerify(await issue(), set, {
      issuer: 'https://me',
      currentDate: new Date(t.clock.now()),
    });
    expect(verified.protectedHeader.kid).toBe('a');
    expect(JSON.stringify(keys.list())).not.toContain('"d"');
  });

  it('verify with next, active and retiring ones, and refuse the retired', async () => {
    const signedBy = async (kid: string, privateKey: typeof first) => {
      const other = await bootApp({ security: { jwt: { privateKey, keyId: kid } } });
      const { accessToken } = await other.app.get(TokenService).issue({ id: 'alice' });
      await other.close();
      return accessToken;
    };
    const tokens = await Promise.all([signedBy('a', first), signedBy('b', second), signedBy('c', third)]);
    for (const [state, status] of [
      ['next', 200],
      ['retiring', 200],
      ['retired', 401],
    ] as const) {
      await boot({ signingKeys: [key('a', first, 'active'), key('b', second, state)] });
      expect(await Promise.all(tokens.map(statusOf)), state).toEqual([200, status, 401]);
      await t.close();
    }
    await boot({ signingKeys: [key('a', first, 'active'), { ...key('b', second, 'retiring'), retiresAtMs: 1 }] });
    expect(await Promise.all(tokens.map(statusOf))).toEqual([200, 401, 401]);
  });

  it('refuse at once what a stolen key signed, remembered tokens included', async () => {
    const { keys } = await boot({ privateKey: first, keyId: 'stolen' });
    const token = await issue();
    expect(await statusOf(token)).toBe(200);
    expect(() => keys.retire('stolen')).toThrow(/is the active key/);
    expect(() => keys.retire('other')).toThrow(/not the name of a key/);
    await keys.generate();
    keys.rotate();
    expect(await statusOf(token)).toBe(200);
    keys.retire('stolen');
    expect(t.app.get(TokenVerifier).recall(token)).toBeUndefined();
    expect(await statusOf(token)).toBe(401);
    expect(await statusOf(await issue())).toBe(200);
  });

  it('take over from a shared secret, whose tokens stay good', async () => {
    const { keys } = await boot({ secret: TEST_SECRET });
    const token = await issue();
    expect(() => keys.rotate()).toThrow(/there is no next key/);
    await keys.generate();
    expect(decodeProtectedHeader(await issue()).alg).toBe('HS256');
    keys.rotate();
    const after = await issue();
    expect(decodeProtectedHeader(after).alg).toBe('EdDSA');
    expect(await Promise.all([token, after].map(statusOf))).toEqual([200, 200]);
    await expect(keys.generate('HS256')).rejects.toThrow(/is not one of the choices/);
  });

  it('go to other processes by export and replace', async () => {
    const { keys } = await boot({ privateKey: first, keyId: 'first' });
    const before = await issue();
    await keys.generate('RS256');
    keys.rotate();
    const other = await bootApp({ platform, security: { jwt: { privateKey: second } }, controllers: [MeController] });
    try {
      const exported = JSON.parse(JSON.stringify(keys.export())) as SigningKeyInput[];
      expect(() => other.app.get(SigningKeys).replace([])).toThrow(TypeError);
      other.app.get(SigningKeys).replace(exported);
      for (const token of [before, await issue()]) expect((await other.send('GET /me', { token })).status).toBe(200);
      const { accessToken } = await other.app.get(TokenService).issue({ id: 'alice' });
      expect(await statusOf(accessToken)).toBe(200);
      expect(other.app.get(SigningKeys).list()).toEqual(keys.list());
    } finally {
      await other.close();
    }
  });
});

describe('the options', () => {
  it.each<[what: string, jwt: object, complaint: RegExp]>([
    ['no active key', { signingKeys: [key('a', first, 'next')] }, /security\.jwt\.signingKeys: 0 keys are active/],
    ['two active keys', { signingKeys: [key('a', first, 'active'), key('b', second, 'active')] }, /2 keys are active/],
    ['one name twice', { signingKeys: [key('a', first, 'active'), key('a', second, 'next')] }, /"a" is there twice/],
    ['one key twice', { signingKeys: [key('a', first, 'active'), key('b', first, 'next')] }, /"b" is there twice/],
    ['no list', { signingKeys: [] }, /is not a non-empty list/],
    ['a wrong state', { signingKeys: [key('a', first, 'activ' as 'active')] }, /\[0\]\.state: .*Did you mean "active"/],
    ['no name', { signingKeys: [{ privateKey: first, state: 'active' }] }, /\[0\]\.kid/],
    ['two sources', { signingKeys: [key('a', first, 'active')], secret: TEST_SECRET }, /exclude each other/],
    [
      'a public key',
      { signingKeys: [key('a', generateKeyPairSync('ed25519').publicKey, 'active')] },
      /is a public key/,
    ],
    ['a switch that is none', { privateKey: first, jwksController: 'yes' }, /jwksController: "yes" is not a boolean/],
  ])('refuse %s', (_what, jwt, complaint) => {
    expect(() => SecurityModule.forRoot({ jwt })).toThrow(complaint);
  });

  it('refuse to publish where there is nothing to publish', async () => {
    const jwt = { secret: TEST_SECRET, jwksController: true };
    await expect(bootApp({ security: { jwt } })).rejects.toThrow(/there is no public key to publish/);
  });

  it('say what forRootAsync cannot do', async () => {
    const { NestFactory } = await import('@nestjs/core');
    const { Module } = await import('@nestjs/common');
    const imports = [
      SecurityModule.forRootAsync({
        useFactory: () => ({ jwt: { privateKey: first, jwksController: true }, bootAudit: 'off' }),
      }),
    ];
    class Without {}
    Module({ imports })(Without);
    const create = async (type: typeof Without) => {
      const app = await NestFactory.create(type, { logger: false, abortOnError: false });
      try {
        await app.init();
      } finally {
        await app.close();
      }
    };
    await expect(create(Without)).rejects.toThrow(/Add it to the `controllers` of a module/);
    class With {}
    Module({ imports, controllers: [JwksController] })(With);
    await expect(create(With)).resolves.toBeUndefined();
  });
});
