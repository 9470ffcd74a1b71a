/** Where tokens are attacked: verifiers with keys at hand, verifiers whose keys are fetched, and issuers that a booted app trusts. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import {
  createTokenVerifier,
  TokenVerifier,
  type IssuerOptions,
  type PlainTokenVerifier,
  type TokenProfile,
  type TokenVerifierOptions,
} from '../../lib/index.js';
import { bootApp, START_MS, TEST_SECRET, type TestApp } from '../app.js';
import { ecdsa, forge as forgeWithSecret, GOOD_CLAIMS, GOOD_HEADER, type Signer } from '../authentication/forge.js';

type Rules = Omit<TokenVerifierOptions, 'secret' | 'publicKey' | 'keys' | 'jwks' | 'jwksUri' | 'now'>;

export interface TokenGround {
  readonly name: string;
  /** What says which types of token there are. Undefined: the rules do. */
  readonly profile?: TokenProfile;
  /** Claims are read before the header, to find whose token it is. */
  readonly readsClaimsFirst?: boolean;
  /** A verifier that takes what `forge` makes. */
  verifierWith(rules?: Rules): PlainTokenVerifier;
  /** A verifier that knows this key. */
  verifierOf(publicKey: KeyObject, rules?: Rules): PlainTokenVerifier;
  /** A properly signed token, unless it is signed otherwise. `HS256` in a header stands for the algorithm of the ground. */
  forge(claims?: object | string, header?: object | string, sign?: Signer): string;
}

/** Keys that are fetched are not believed without these. */
export const NARROW = { issuer: 'https://id.example', audience: 'https://api.example' };

/** Claims that some ground asks for, besides those of `GOOD_CLAIMS`. */
export const NARROW_CLAIMS = { iss: NARROW.issuer, aud: NARROW.audience, jti: 'token-1', client_id: 'web' };

const now = () => START_MS;

const atHand: TokenGround = {
  name: 'keys at hand',
  verifierWith: (rules) => createTokenVerifier({ secret: TEST_SECRET, now, ...rules }),
  verifierOf: (publicKey, rules) => createTokenVerifier({ publicKey, now, ...rules }),
  forge: forgeWithSecret,
};

/** The grounds, for `describe.each()`. The issuer is there while the tests of the file run. */
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
  const inApp = issuersOfAnApp(fetched, (key, named) => {
    const place = sets.push({ ...key.export({ format: 'jwk' }), ...named }) - 1;
    return () => `${url}/${place}`;
  });
  return [atHand, fetched, ...inApp(publicKey)];
}

/** One app per key and rules: what is verified there goes the whole way, by the issuer, its profile, its space of ids and the memory. */
function issuersOfAnApp(fetched: TokenGround, publish: (key: KeyObject, named: object) => () => string) {
  const apps = new Map<string, Promise<TestApp>>();
  afterAll(async () => {
    for (const app of apps.values()) await (await app).close();
  });
  return (publicKey: KeyObject): readonly TokenGround[] =>
    (['oidc-legacy', 'rfc9068'] as const).map((profile) => {
      const more = profile === 'rfc9068' ? { jti: 'token-1', client_id: 'web' } : {};
      const verifierAt = (place: () => string, rules: Rules = {}): PlainTokenVerifier => ({
        verify: async (token) => {
          const issuers = issuersFor(place(), profile, rules);
          const name = JSON.stringify(issuers);
          let app = apps.get(name);
          if (app === undefined) apps.set(name, (app = bootApp({ security: { jwt: { issuers } } })));
          return (await app).app.get(TokenVerifier).verify(token);
        },
      });
      const own = publish(publicKey, { kid: 'remote', alg: 'ES256', use: 'sig' });
      return {
        name: `an issuer of the app (${profile})`,
        profile,
        readsClaimsFirst: true,
        verifierWith: (rules) => verifierAt(own, rules),
        verifierOf: (key, rules) => verifierAt(publish(key, {}), rules),
        forge: (claims = GOOD_CLAIMS, header, sign) =>
          fetched.forge(typeof claims === 'string' ? claims : { ...more, ...claims }, header, sign),
      };
    });
}

/** One entry per name, of one and the same people. What types there are is for the profile to say. */
function issuersFor(jwksUri: string, profile: TokenProfile, { typ: _typ, ...rules }: Rules): readonly IssuerOptions[] {
  const { issuer = NARROW.issuer, audience = NARROW.audience, allowMissingTyp, ...rest } = rules;
  return [issuer].flat().map((each) => ({
    issuer: each,
    audience,
    profile,
    jwksUri,
    dangerouslyAllowHttp: true,
    dangerouslyAllowPrivate: [new URL(jwksUri).host],
    dangerouslySharedIds: true,
    ...(allowMissingTyp !== undefined && profile === 'oidc-legacy' && { allowMissingTyp }),
    ...(rest as Partial<IssuerOptions>),
  }));
}

function asRemote(header: object): object {
  return 'alg' in header && header.alg === 'HS256' ? { ...header, alg: 'ES256', kid: 'remote' } : header;
}
