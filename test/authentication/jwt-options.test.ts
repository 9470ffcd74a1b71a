import { generateKeyPairSync } from 'node:crypto';
import { ExtractJwt } from 'passport-jwt';
import { describe, expect, it } from 'vitest';
import { AuthenticationAuditor } from '../../lib/authentication/authentication.auditor.js';
import { jwtSettings, type JwtOptions } from '../../lib/authentication/jwt/jwt.options.js';
import { readEnvironment } from '../../lib/core/environment.js';
import { SecurityModule } from '../../lib/index.js';
import { TEST_SECRET } from '../app.js';

const production = readEnvironment({});
const development = readEnvironment({ NODE_ENV: 'development' });
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const findings = (options: JwtOptions = {}, environment = production) => [
  ...new AuthenticationAuditor(jwtSettings(options, environment)).findings(),
];

describe('with no key at all', () => {
  it('the secret comes from the environment', () => {
    const settings = jwtSettings(undefined, readEnvironment({ BULWARK_JWT_SECRET: TEST_SECRET }));
    expect(settings.keys.keys[0]!.keyObject.export().toString()).toBe(TEST_SECRET);
    expect(settings.ephemeral).toBe(false);
  });

  it('a weak secret from the environment stops the boot, by its name', () => {
    expect(() => jwtSettings({}, readEnvironment({ BULWARK_JWT_SECRET: 'short' }))).toThrow(
      new TypeError(
        'BULWARK_JWT_SECRET: the value has 5 bytes; under 32 it could be guessed. Make one with `openssl rand -base64 48`.',
      ),
    );
  });

  it.each(['development', 'test'])('a %s secret is made up, another every time, and the audit says so', (NODE_ENV) => {
    const [one, two] = [0, 1].map(() => jwtSettings({ secret: undefined }, readEnvironment({ NODE_ENV })));
    expect(one!.ephemeral).toBe(true);
    expect(one!.keys.keys[0]!.keyObject.equals(two!.keys.keys[0]!.keyObject)).toBe(false);
    expect(findings({}, development)).toEqual([
      expect.objectContaining({
        id: 'authentication/ephemeral-secret',
        severity: 'warning',
        where: 'security.jwt.secret',
      }),
    ]);
  });

  it.each([{}, { NODE_ENV: 'production' }, { NODE_ENV: 'staging' }, { NODE_ENV: 'dev' }, { BULWARK_JWT_SECRET: '' }])(
    'production stops the boot: %j',
    (variables) => {
      expect(() => jwtSettings({}, readEnvironment(variables))).toThrow(
        new TypeError(
          'security.jwt.secret: there is no key to verify tokens with. Set BULWARK_JWT_SECRET to at least 32 random bytes ' +
            '(`openssl rand -base64 48`), or give `secret`, `publicKey`, `keys` or `jwks`.',
        ),
      );
    },
  );
});

describe('options', () => {
  it.each([
    [{ issuerr: 'x' }, 'security.jwt.issuerr: unknown option. Did you mean `security.jwt.issuer`?'],
    [{ audiences: 'x' }, 'security.jwt.audiences: unknown option. Did you mean `security.jwt.audience`?'],
    [{ secretKey: 'x' }, 'security.jwt.secretKey: unknown option. Did you mean `security.jwt.secret`?'],
    [{ algorithms: ['none'] }, 'security.jwt.algorithms: "none" is not a signature algorithm. Use e.g. ["EdDSA"].'],
    [
      { accessTokenTtl: 3601 },
      'security.jwt.accessTokenTtl: 3601 is over an hour (3600 s). Use a shorter life and a refresh token, or say `dangerouslyLongLived: true`.',
    ],
    [{ keyId: 'k1' }, 'security.jwt.keyId: "k1" names no `privateKey`. Name a secret in `keys`: [{ kid, secret }].'],
    [
      { accessTokenTtl: 0.5 },
      'security.jwt.accessTokenTtl: 0.5 is not a positive whole number. Use whole seconds, e.g. 900.',
    ],
    [
      { rememberedTokens: -1 },
      'security.jwt.rememberedTokens: -1 is not a positive whole number. Use e.g. 10_000, or 0 for none.',
    ],
    [
      { fromRequest: 'header' },
      'security.jwt.fromRequest: "header" is not a function. Use e.g. ExtractJwt.fromHeader("x-token").',
    ],
  ])('%j stops the boot', (options, message) => {
    const stop = () => SecurityModule.forRoot({ jwt: { secret: TEST_SECRET, ...(options as object) } });
    expect(stop).toThrow(new TypeError(message));
  });

  it('have the documented defaults', () => {
    const settings = jwtSettings({ secret: TEST_SECRET }, production);
    expect(settings).toMatchObject({
      accessTokenTtl: 900,
      rememberedTokens: 10_000,
      fromRequest: undefined,
      ephemeral: false,
    });
    expect(settings.rules.claims).toEqual({
      issuer: undefined,
      audience: undefined,
      clockTolerance: 5,
      maxTokenAge: undefined,
    });
    expect(settings.rules.type).toEqual({ typ: new Set(['jwt', 'at+jwt']), allowMissingTyp: false });
    expect(findings({ secret: TEST_SECRET })).toEqual([]);
  });

  it('allow an hour, and longer only where the danger is spelled out', () => {
    const secret = TEST_SECRET;
    expect(jwtSettings({ secret, accessTokenTtl: 3600 }, production).accessTokenTtl).toBe(3600);
    const long = { secret, accessTokenTtl: 86_400, dangerouslyLongLived: true };
    expect(jwtSettings(long, production).accessTokenTtl).toBe(86_400);
    expect(findings(long)).toEqual([
      expect.objectContaining({ id: 'authentication/long-lived-token', severity: 'warning' }),
    ]);
  });

  it('take an extractor of passport-jwt', () => {
    const fromRequest = ExtractJwt.fromHeader('x-token');
    expect(jwtSettings({ secret: TEST_SECRET, fromRequest }, production).fromRequest).toBe(fromRequest);
  });
});

describe('keys to sign with', () => {
  it.each([
    ['KeyObject', privateKey],
    ['PEM', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['JWK', privateKey.export({ format: 'jwk' })],
  ])('may be a %s, whose public part then verifies', (_form, key) => {
    const { signing, keys } = jwtSettings({ privateKey: key, keyId: 'k1' }, production);
    expect(signing).toMatchObject({ algorithm: 'EdDSA', kid: 'k1' });
    expect(keys.keys).toHaveLength(1);
    expect(keys.keys[0]!.kid).toBe('k1');
    expect(keys.keys[0]!.keyObject.equals(publicKey)).toBe(true);
  });

  it('share their name with the public key that is given beside them', () => {
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'published' }] };
    expect(jwtSettings({ jwks, privateKey }, production).signing!.kid).toBe('published');
    expect(() => jwtSettings({ jwks, privateKey, keyId: 'other' }, production)).toThrow(
      new TypeError('security.jwt.keyId: "other" is not what the verification keys call it. Use "published".'),
    );
  });

  it('name the public key that is given without a name', () => {
    const others = generateKeyPairSync('ed25519').publicKey;
    const keys = [{ kid: 'other', publicKey: others }, publicKey];
    const settings = jwtSettings({ keys, privateKey, keyId: 'k1' }, production);
    expect(settings.keys.keys.map(({ kid }) => kid)).toEqual(['other', 'k1']);
    expect(settings.signing!.kid).toBe('k1');
  });

  it('have a name that is one', () => {
    expect(() => jwtSettings({ privateKey, keyId: '' }, production)).toThrow(/security\.jwt\.keyId: "" is not/);
  });

  it('stop the boot where they are public', () => {
    expect(() => jwtSettings({ privateKey: publicKey }, production)).toThrow(/is a public key\. Give the private key/);
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    expect(() => jwtSettings({ privateKey: pem }, production)).toThrow(/cannot be read as a key/);
  });

  it('are missing where somebody else issues the tokens, whose audience then matters', () => {
    expect(jwtSettings({ publicKey }, production).signing).toBeUndefined();
    expect(findings({ publicKey })).toEqual([
      expect.objectContaining({ id: 'authentication/no-audience', severity: 'warning' }),
    ]);
    expect(findings({ publicKey, audience: 'shop' })).toEqual([]);
    expect(findings({ privateKey })).toEqual([]);
  });
});
