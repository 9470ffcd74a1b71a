import { createPublicKey, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier, type SignatureAlgorithm, type TokenVerifierOptions } from '../../lib/index.js';
import { START_MS, TEST_SECRET } from '../app.js';
import { ecdsa, refusal, refusalOf, forge, GOOD_CLAIMS, GOOD_HEADER, hmac, NOW_S, rsa } from './forge.js';

const now = () => START_MS;
const verifierFor = (options: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({ secret: TEST_SECRET, now, ...options });

describe('a good token', () => {
  it('becomes a principal with everything it says, frozen', async () => {
    const claims = {
      ...GOOD_CLAIMS,
      jti: 't-1',
      roles: ['user', 'moderator'],
      scope: 'orders:read  orders:write',
      tier: 'gold',
      address: { country: 'PT' },
    };
    const principal = await verifierFor().verify(forge(claims));
    expect(principal).toEqual({
      id: 'alice',
      scheme: 'jwt',
      roles: ['user', 'moderator'],
      scopes: ['orders:read', 'orders:write'],
      tier: 'gold',
      credentialId: 't-1',
      expiresAtMs: (NOW_S + 3600) * 1000,
      claims,
    });
    expect(() => Object.assign(principal.claims.address as object, { country: 'ES' })).toThrow(TypeError);
  });

  it('has its scopes in `scp` where there is no `scope`', async () => {
    expect((await verifierFor().verify(forge({ ...GOOD_CLAIMS, scp: ['a', 'b'] }))).scopes).toEqual(['a', 'b']);
    expect((await verifierFor().verify(forge({ ...GOOD_CLAIMS, scp: ['a', 1] }))).scopes).toEqual([]);
    expect((await verifierFor().verify(forge({ ...GOOD_CLAIMS, scope: ['a'] }))).scopes).toEqual([]);
  });

  it('may come from jsonwebtoken', async () => {
    const token = jsonwebtoken.sign({ ...GOOD_CLAIMS }, TEST_SECRET);
    expect((await verifierFor().verify(token)).id).toBe('alice');
  });
});

describe('time', () => {
  const claims = { sub: 'alice', iat: NOW_S - 100, nbf: NOW_S - 50, exp: NOW_S + 100 };
  const at = (seconds: number, options: Partial<TokenVerifierOptions> = {}) =>
    verifierFor({ ...options, now: () => (NOW_S + seconds) * 1000 }).verify(forge(claims));

  it.each([
    [0, 99.999, 100],
    [5, 104.999, 105],
    [300, 399.999, 400],
  ])('with a tolerance of %i s a token is good until %d s and over at %d s', async (clockTolerance, good, over) => {
    expect((await at(good, { clockTolerance })).id).toBe('alice');
    expect(await refusalOf(at(over, { clockTolerance }))).toEqual(refusal('token_expired'));
  });

  it('tolerates five seconds where nobody says', async () => {
    expect((await at(104.999)).id).toBe('alice');
    expect(await refusalOf(at(105))).toEqual(refusal('token_expired'));
  });

  it('starts at nbf, less the tolerance', async () => {
    expect((await at(-50, { clockTolerance: 0 })).id).toBe('alice');
    expect(await refusalOf(at(-50.001, { clockTolerance: 0 }))).toEqual(refusal('token_not_yet_valid'));
    expect((await at(-55)).id).toBe('alice');
    expect(await refusalOf(at(-55.001))).toEqual(refusal('token_not_yet_valid'));
  });

  it('ends at maxTokenAge, whatever exp says', async () => {
    expect((await at(20, { maxTokenAge: 120, clockTolerance: 0 })).id).toBe('alice');
    expect(await refusalOf(at(20.001, { maxTokenAge: 120, clockTolerance: 0 }))).toEqual(refusal('token_too_old'));
    expect((await at(25, { maxTokenAge: 120 })).id).toBe('alice');
    expect(await refusalOf(at(25.001, { maxTokenAge: 120 }))).toEqual(refusal('token_too_old'));
  });

  it('takes fractions of a second as they are', async () => {
    const token = forge({ ...claims, exp: NOW_S + 0.5 });
    const read = (ms: number) => verifierFor({ clockTolerance: 0, now: () => START_MS + ms }).verify(token);
    expect((await read(499)).id).toBe('alice');
    expect(await refusalOf(read(500))).toEqual(refusal('token_expired'));
  });
});

describe('keys', () => {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  };
  const sign = {
    RS256: rsa(pairs.RS256.privateKey),
    ES256: ecdsa(pairs.ES256.privateKey),
    ES384: ecdsa(pairs.ES384.privateKey, 'sha384'),
    ES512: ecdsa(pairs.ES512.privateKey, 'sha512'),
  };

  describe.each(['RS256', 'ES256', 'ES384', 'ES512'] as const)('%s', (alg) => {
    const { publicKey } = pairs[alg];
    const token = forge(GOOD_CLAIMS, { alg, typ: 'at+jwt' }, sign[alg]);
    const forms = [
      ['KeyObject', publicKey],
      ['PEM', publicKey.export({ type: 'spki', format: 'pem' }) as string],
      ['JWK', publicKey.export({ format: 'jwk' })],
    ] as const;

    it.each(forms)('verifies with a %s', async (_form, key) => {
      expect((await createTokenVerifier({ publicKey: key, now }).verify(token)).id).toBe('alice');
      expect((await createTokenVerifier({ keys: [key], now }).verify(token)).id).toBe('alice');
    });

    it('refuses what another key signed', async () => {
      const other =
        alg === 'RS256'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: publicKey.asymmetricKeyDetails!.namedCurve! });
      const verifier = createTokenVerifier({ publicKey: other.publicKey, now });
      expect(await refusalOf(verifier.verify(token))).toEqual(refusal('signature_mismatch'));
    });

    it('refuses a token with one claim changed', async () => {
      const [header, , signature] = token.split('.');
      const claims = Buffer.from(JSON.stringify({ ...GOOD_CLAIMS, sub: 'admin' })).toString('base64url');
      const verifier = createTokenVerifier({ publicKey, now });
      expect(await refusalOf(verifier.verify(`${header}.${claims}.${signature}`))).toEqual(
        refusal('signature_mismatch'),
      );
    });
  });

  it('uses an RSA key with the listed algorithms only', async () => {
    const { publicKey, privateKey } = pairs.RS256;
    const rs512 = forge(GOOD_CLAIMS, { alg: 'RS512', typ: 'at+jwt' }, rsa(privateKey, 'sha512'));
    expect(await refusalOf(createTokenVerifier({ publicKey, now }).verify(rs512))).toEqual(
      refusal('algorithm_not_allowed'),
    );
    expect((await createTokenVerifier({ publicKey, algorithms: ['RS512'], now }).verify(rs512)).id).toBe('alice');
    const bound = { ...publicKey.export({ format: 'jwk' }), alg: 'PS256' };
    expect(
      await refusalOf(createTokenVerifier({ publicKey: bound, algorithms: ['PS256', 'RS512'], now }).verify(rs512)),
    ).toEqual(refusal('algorithm_not_allowed'));
  });

  it('refuses a stronger hash that nobody listed', async () => {
    const secret = randomBytes(64);
    const token = forge(GOOD_CLAIMS, { alg: 'HS512', typ: 'at+jwt' }, hmac(secret, 'sha512'));
    expect(await refusalOf(createTokenVerifier({ secret, now }).verify(token))).toEqual(
      refusal('algorithm_not_allowed'),
    );
    expect((await createTokenVerifier({ secret, algorithms: ['HS512'], now }).verify(token)).id).toBe('alice');
  });

  it('takes a secret as text, as bytes and as a KeyObject', async () => {
    for (const secret of [TEST_SECRET, Buffer.from(TEST_SECRET), createSecretKey(Buffer.from(TEST_SECRET))]) {
      expect((await createTokenVerifier({ secret, now }).verify(forge())).id).toBe('alice');
    }
  });

  it('tries several unnamed keys where the algorithm fits', async () => {
    const keys = [
      { secret: 'some-other-secret-of-more-than-32-bytes' },
      pairs.ES256.publicKey,
      { secret: TEST_SECRET },
    ];
    const verifier = createTokenVerifier({ keys, now });
    expect((await verifier.verify(forge())).id).toBe('alice');
    expect((await verifier.verify(forge(GOOD_CLAIMS, { ...GOOD_HEADER, kid: 'any' }))).id).toBe('alice');
    expect((await verifier.verify(forge(GOOD_CLAIMS, { alg: 'ES256', typ: 'JWT' }, sign.ES256))).id).toBe('alice');
    expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, GOOD_HEADER, hmac('nobody'))))).toEqual(
      refusal('signature_mismatch'),
    );
  });

  it('finds the key of a JWK Set by name, and skips what is not for signatures', async () => {
    const jwks = {
      keys: [
        { ...pairs.ES256.publicKey.export({ format: 'jwk' }), kid: 'a', use: 'sig', alg: 'ES256' },
        { ...pairs.RS256.publicKey.export({ format: 'jwk' }), kid: 'b', use: 'sig' },
        { ...pairs.RS256.publicKey.export({ format: 'jwk' }), kid: 'c', use: 'enc', alg: 'RSA-OAEP' },
        { kty: 'XYZ', kid: 'd' },
      ],
    };
    const verifier = createTokenVerifier({ jwks, now });
    const signed = (kid: string, alg: 'ES256' | 'RS256') => forge(GOOD_CLAIMS, { alg, typ: 'JWT', kid }, sign[alg]);
    expect((await verifier.verify(signed('a', 'ES256'))).id).toBe('alice');
    expect((await verifier.verify(signed('b', 'RS256'))).id).toBe('alice');
    expect(await refusalOf(verifier.verify(signed('b', 'ES256')))).toEqual(refusal('key_unknown'));
    expect(await refusalOf(verifier.verify(signed('c', 'RS256')))).toEqual(refusal('key_unknown'));
    expect(await refusalOf(verifier.verify(signed('e', 'RS256')))).toEqual(refusal('key_unknown'));
  });
});

describe('keys that protect nothing', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const strongRsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const rsaWith = (e: bigint) => {
    const hex = e.toString(16);
    return {
      ...strongRsa,
      e: Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url'),
    };
  };
  const stop = (options: TokenVerifierOptions) => () => createTokenVerifier(options);

  it.each([1n, 2n, 4n, 5n, 65_535n, 65_536n, 65_538n])('stop the boot: RSA with the exponent %s', (e) => {
    expect(stop({ publicKey: rsaWith(e) })).toThrow(
      new TypeError(
        `createTokenVerifier.publicKey: the value is an RSA key with the exponent ${e}. Make one with the exponent 65537.`,
      ),
    );
  });

  it.each([3n, 17n, 257n, 65_537n])('are told from sound ones: RSA with the exponent %s', (e) => {
    expect(stop({ publicKey: rsaWith(e) })).not.toThrow();
  });

  it('stop the boot: short RSA, a curve nobody uses, a key for key agreement', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(stop({ publicKey })).toThrow(/is an RSA key of 1024 bits\. Use 2048 or more/);
    expect(stop({ publicKey: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey })).toThrow(/secp256k1/);
    expect(stop({ publicKey: generateKeyPairSync('x25519').publicKey })).toThrow(/x25519/);
    expect(stop({ publicKey: generateKeyPairSync('ed448').publicKey })).toThrow(/ed448/);
  });

  it('stop the boot: a private key where a public one belongs', () => {
    const pem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect(stop({ publicKey: ec.privateKey })).toThrow(/is a private key\. Give the public key only/);
    expect(stop({ publicKey: pem })).toThrow(/is a private key\. Give the public key only/);
    expect(stop({ publicKey: ec.privateKey.export({ format: 'jwk' }) })).toThrow(
      /is a private key\. Give the public part/,
    );
    expect(stop({ jwks: { keys: [ec.privateKey.export({ format: 'jwk' })] } })).toThrow(
      /jwks\.keys\[0\].*is a private key/,
    );
    expect(() => createPublicKey(pem)).not.toThrow();
  });

  it('stop the boot: a shared secret in a JWK Set or as a public key', () => {
    const oct = { kty: 'oct', k: randomBytes(32).toString('base64url') };
    expect(stop({ jwks: { keys: [oct] } })).toThrow(/is a shared secret, not a public key\. Give it in `keys`/);
    expect(stop({ publicKey: oct })).toThrow(/is a shared secret, not a public key/);
    expect(stop({ keys: [oct] })).not.toThrow();
  });

  it.each([
    ['too short', 'x9f!', /has 4 bytes/],
    ['empty', '', /has 0 bytes/],
    ['31 bytes', 'abcdefghijklmnopqrstuvwxyz01234', /has 31 bytes/],
    ['one character', 'k'.repeat(64), /repeats a few characters/],
    ['a repeated word', 'secret'.repeat(8), /repeats a few characters/],
    ['zeros', Buffer.alloc(32), /repeats a few characters/],
    ['a playground example', 'a-string-secret-at-least-256-bits-long', /is a published example/],
    ['a placeholder', 'change-me-please-change-me-before-production', /is a placeholder/],
    ['a placeholder', 'YOUR_JWT_SECRET_GOES_HERE_0123456789', /is a placeholder/],
    ['a number', 42, /is neither text nor bytes/],
  ])('stop the boot: a secret that is %s', (_what, secret, problem) => {
    expect(stop({ secret: secret as string })).toThrow(problem);
    expect(stop({ secret: secret as string })).toThrow(TypeError);
    expect(stop({ keys: [{ kid: 'a', secret: secret as string }] })).toThrow(problem);
  });

  it('never show the secret', () => {
    expect(stop({ secret: 'hunter2-hunter2' })).toThrow(/^(?!.*hunter2)/);
  });

  it.each(['HS384', 'HS512'] as SignatureAlgorithm[])('stop the boot: a secret shorter than the hash of %s', (name) => {
    expect(stop({ secret: TEST_SECRET, algorithms: [name] })).toThrow(/needs a secret of (48|64) bytes; a key has 45/);
  });

  it.each([
    [{ use: 'enc' }, /\.use: "enc" is not for signatures/],
    [{ key_ops: ['sign'] }, /\.key_ops: a list of 1 does not include "verify"/],
    [{ key_ops: 'verify' }, /\.key_ops/],
    [{ alg: 'RS256' }, /\.alg: "RS256" does not fit this key\. Use ES256/],
    [{ alg: 'none' }, /\.alg: "none" is not a signature algorithm/],
    [{ kid: 7 }, /\.kid: 7 is not a non-empty string/],
    [{ x: 'AA==' }, /\.x: the value is not base64url/],
    [{ y: Buffer.alloc(32, 1).toString('base64url') }, /cannot be read as a key/],
    [{ kty: 'RSA' }, /cannot be read as a key/],
    [{ kty: undefined }, /is not a key/],
  ])('stop the boot: a JWK with %j', (change, problem) => {
    const jwk = { ...ec.publicKey.export({ format: 'jwk' }), ...change };
    expect(stop({ keys: [jwk as object] })).toThrow(problem);
  });
});

describe('options', () => {
  const stop = (options: object) => () => createTokenVerifier({ secret: TEST_SECRET, ...options });

  it.each([
    [{ issuers: 'x' }, 'createTokenVerifier.issuers: unknown option. Did you mean `createTokenVerifier.issuer`?'],
    [
      { algorithm: ['HS256'] },
      'createTokenVerifier.algorithm: unknown option. Did you mean `createTokenVerifier.algorithms`?',
    ],
    [
      { algorithms: [] },
      'createTokenVerifier.algorithms: an empty list is not a non-empty list of strings. Use e.g. ["EdDSA"].',
    ],
    [
      { algorithms: ['HS265'] },
      'createTokenVerifier.algorithms: "HS265" is not a signature algorithm. Did you mean "HS256"?',
    ],
    [
      { algorithms: ['RS256'] },
      'createTokenVerifier.algorithms: "RS256" leaves a key without use. It works with HS256, HS384, HS512.',
    ],
    [{ issuer: '' }, 'createTokenVerifier.issuer: "" is not a non-empty string. Use a non-empty string.'],
    [
      { audience: [] },
      'createTokenVerifier.audience: an empty list is not a non-empty list of strings. Use a non-empty list of strings.',
    ],
    [
      { clockTolerance: 5000 },
      'createTokenVerifier.clockTolerance: 5000 is not a number from 0 to 300. It is in seconds, not milliseconds.',
    ],
    [
      { clockTolerance: -1 },
      'createTokenVerifier.clockTolerance: -1 is not a number from 0 to 300. It is in seconds, not milliseconds.',
    ],
    [{ maxTokenAge: 0 }, 'createTokenVerifier.maxTokenAge: 0 is not a positive finite number. Use seconds.'],
    [{ now: 5 }, 'createTokenVerifier.now: 5 is not a function. Answer milliseconds.'],
    [{ allowMissingTyp: 'yes' }, 'createTokenVerifier.allowMissingTyp: "yes" is not a boolean. Use true or false.'],
    [{ keys: [] }, 'createTokenVerifier: `secret` and `keys` exclude each other. Give several keys in `keys`.'],
    [{ secret: undefined }, 'createTokenVerifier: there is no key. Give one of secret, publicKey, keys, jwks.'],
    [
      { secret: undefined, keys: [] },
      'createTokenVerifier.keys: the value is not a non-empty list. Give at least one key.',
    ],
    [
      { secret: undefined, jwks: { keys: [] } },
      'createTokenVerifier.jwks.keys: the value is not a non-empty list. Give at least one key.',
    ],
  ])('%j stops the boot', (options, message) => {
    expect(stop(options)).toThrow(new TypeError(message));
  });

  it('are left as they were given', () => {
    const options = Object.freeze({
      secret: TEST_SECRET,
      issuer: Object.freeze(['a']),
      algorithms: Object.freeze(['HS256'] as const),
    });
    expect(stop(options)).not.toThrow();
  });
});
