/** Which keys and tokens do all variants share? Made by the benchmark, handed to the servers. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';

export type Algorithm = 'HS256' | 'ES256';

export interface Credentials {
  readonly secret: string;
  /** PEM. */
  readonly publicKey: string;
  readonly privateKey: string;
}

export const ISSUER = 'https://id.example.com';
export const AUDIENCE = 'https://api.example.com';

/** Handed on in the environment, so that all processes of a run agree. */
export function credentials(): Credentials {
  const given = process.env.BENCH_CREDENTIALS;
  if (given !== undefined) return JSON.parse(given) as Credentials;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const made: Credentials = {
    secret: randomBytes(48).toString('base64url'),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  process.env.BENCH_CREDENTIALS = JSON.stringify(made);
  return made;
}

/** One token per caller. */
export function tokens(algorithm: Algorithm, count: number, claims: object = { roles: ['user'] }): string[] {
  const { secret, privateKey } = credentials();
  const key = algorithm === 'HS256' ? secret : createPrivateKey(privateKey);
  return Array.from({ length: count }, (_, index) =>
    jsonwebtoken.sign({ ...claims, jti: `token-${index}` }, key, {
      algorithm,
      subject: `user-${index}`,
      issuer: ISSUER,
      audience: AUDIENCE,
      expiresIn: 900,
      header: { alg: algorithm, typ: 'JWT' },
    }),
  );
}

/** A token that somebody else signed. */
export function forgedToken(algorithm: Algorithm): string {
  const [token] = tokens(algorithm, 1);
  const [header, payload] = token!.split('.');
  const [, , other] = tokens(algorithm, 1, { roles: ['admin'] })[0]!.split('.');
  return `${header}.${payload}.${other}`;
}

export function publicKeyObject(): ReturnType<typeof createPublicKey> {
  return createPublicKey(credentials().publicKey);
}
