/** Where tokens are attacked: verifiers with keys at hand, and verifiers whose keys are fetched from an issuer. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { createTokenVerifier, type PlainTokenVerifier, type TokenVerifierOptions } from '../../lib/index.js';
import { START_MS, TEST_SECRET } from '../app.js';
import { ecdsa, forge as forgeWithSecret, GOOD_CLAIMS, GOOD_HEADER, type Signer } from '../authentication/forge.js';

type Rules = Omit<TokenVerifierOptions, 'secret' | 'publicKey' | 'keys' | 'jwks' | 'jwksUri' | 'now'>;

export interface TokenGround {
  readonly name: string;
  /** A verifier that takes what `forge` makes. */
  verifierWith(rules?: Rules): PlainTokenVerifier;
  /** A verifier that knows this key. */
  verifierOf(publicKey: KeyObject, rules?: Rules): PlainTokenVerifier;
  /** A properly signed token, unless it is signed otherwise. `HS256` in a header stands for the algorithm of the ground. */
  forge(claims?: object | string, header?: object | string, sign?: Signer): string;
}

/** Keys that are fetched are not believed without these. */
export const NARROW = { issuer: 'https://id.example', audience: 'https://api.example' };

const now = () => START_MS;

const atHand: TokenGround = {
  name: 'keys at hand',
  verifierWith: (rules) => createTokenVerifier({ secret: TEST_SECRET, now, ...rules }),
  verifierOf: (publicKey, rules) => createTokenVerifier({ publicKey, now, ...rules }),
  forge: forgeWithSecret,
};

/** Both grounds, for `describe.each()`. The issuer is there while the tests of the file run. */
export function tokenGrounds(): readonly TokenGround[] {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sets: object[] = [];
  let url = '';
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' });
    response.end(JSON.stringify({ keys: [sets[Number(request.url!.slice(1))]] }));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });

  const remoteVerifier = (key: KeyObject, named: object, rules?: Rules): PlainTokenVerifier => {
    const place = sets.push({ ...key.export({ format: 'jwk' }), ...named }) - 1;
    let verifier: PlainTokenVerifier | undefined;
    return {
      // The issuer has a port only once the tests run.
      verify: async (token) => {
        verifier ??= createTokenVerifier({
          jwksUri: `${url}/${place}`,
          dangerouslyAllowHttp: true,
          dangerouslyAllowPrivate: [new URL(url).host],
          now,
          ...NARROW,
          ...rules,
        });
        return verifier.verify(token);
      },
    };
  };

  const fetched: TokenGround = {
    name: 'keys of an issuer',
    verifierWith: (rules) => remoteVerifier(publicKey, { kid: 'remote', alg: 'ES256', use: 'sig' }, rules),
    verifierOf: (key, rules) => remoteVerifier(key, {}, rules),
    forge: (claims = GOOD_CLAIMS, header = GOOD_HEADER, sign = ecdsa(privateKey)) =>
      forgeWithSecret(
        typeof claims === 'string' ? claims : { iss: NARROW.issuer, aud: NARROW.audience, ...claims },
        typeof header === 'string' ? header : asRemote(header),
        sign,
      ),
  };
  return [atHand, fetched];
}

function asRemote(header: object): object {
  return 'alg' in header && header.alg === 'HS256' ? { ...header, alg: 'ES256', kid: 'remote' } : header;
}
