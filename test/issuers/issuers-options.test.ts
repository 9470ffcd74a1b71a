/** Options of issuers and introspection that cannot be meant stop the boot, with the fix. */

import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  BootAudit,
  createTokenVerifier,
  Returns,
  type IntrospectionOptions,
  type IssuerOptions,
  type JwtOptions,
} from '../../lib/index.js';
import { issuerSettings } from '../../lib/authentication/issuers/issuers.options.js';
import { bootApp } from '../app.js';

const ISSUER: IssuerOptions = { issuer: 'https://id.example.com', audience: 'https://api.example.com' };
const INTROSPECTION: IntrospectionOptions = {
  endpoint: 'https://id.example.com/introspect',
  clientId: 'api',
  clientSecret: 'a secret that no message shows',
  audience: 'https://api.example.com',
};

const boot = async (jwt: JwtOptions) => {
  const t = await bootApp({ security: { jwt } });
  await t.close();
};

describe('an issuer', () => {
  it.each<[what: string, jwt: JwtOptions]>([
    ['plain', { issuers: [ISSUER] }],
    ['with a path and a slash', { issuers: [{ ...ISSUER, issuer: 'https://id.example.com/realms/acme/' }] }],
    [
      'as Cognito has it',
      { issuers: [{ ...ISSUER, audienceClaim: 'client_id', profile: 'oidc-legacy', allowMissingTyp: true }] },
    ],
    [
      'with everything',
      {
        issuers: [
          {
            ...ISSUER,
            algorithms: ['RS256'],
            claims: { id: 'oid', roles: ['a', 'b.c'], scopes: (claims) => claims.x, tenant: 'tid' },
            idPrefix: 'acme',
            jwksUri: 'https://keys.example.com/jwks',
            jwksHosts: ['keys.example.com'],
            maxAge: 300,
            staleIfError: 0,
            cooldown: 10,
            clockTolerance: 0,
            maxTokenAge: 3600,
            timeoutMs: 1000,
          },
        ],
      },
    ],
  ])('is taken: %s', async (_what, jwt) => {
    await expect(boot(jwt)).resolves.toBeUndefined();
  });

  it.each<[more: object, message: string]>([
    [{ issuers: [] }, 'security.jwt.issuers: an empty list is not a non-empty list.'],
    [{ issuers: ISSUER }, 'security.jwt.issuers: an object is not a non-empty list.'],
    [{ issuers: [undefined] }, 'security.jwt.issuers[0]: null is not an object.'],
    [
      { issuers: [{ ...ISSUER, audiense: 'x' }] },
      'security.jwt.issuers[0].audiense: unknown option. Did you mean `security.jwt.issuers[0].audience`?',
    ],
    [
      { issuers: [{ issuer: ISSUER.issuer }] },
      "security.jwt.issuers[0].audience: undefined is not a non-empty list of strings. Say what this API is called there: audience: 'https://api.example.com'.",
    ],
    [
      { issuers: [{ ...ISSUER, audience: '' }] },
      'security.jwt.issuers[0].audience: "" is not a non-empty list of strings.',
    ],
    [
      { issuers: [{ ...ISSUER, issuer: 'id.example.com' }] },
      'security.jwt.issuers[0].issuer: "this" is not the URL of a provider.',
    ],
    [
      { issuers: [{ ...ISSUER, issuer: 'http://id.example.com' }] },
      'security.jwt.issuers[0].issuer: "http://id.example.com" is not https. Use https, or in development say `dangerouslyAllowHttp: true`.',
    ],
    [
      { issuers: [{ ...ISSUER, issuer: 'https://u:p@id.example.com' }] },
      'security.jwt.issuers[0].issuer: "this" is not the URL of a provider.',
    ],
    [
      { issuers: [{ ...ISSUER, issuer: 'https://id.example.com/?a=b' }] },
      'has a query or fragment. Copy `iss` of a token.',
    ],
    [
      { issuers: [ISSUER, { ...ISSUER, idPrefix: 'b' }] },
      'security.jwt.issuers[1].issuer: "https://id.example.com" is there twice.',
    ],
    [
      {
        secret: 'x'.repeat(10) + 'a-secret-of-more-than-32-bytes',
        issuer: ISSUER.issuer,
        issuers: [{ ...ISSUER, idPrefix: 'b' }],
      },
      'security.jwt.issuers[0].issuer: "https://id.example.com" is the issuer of this app too.',
    ],
    [
      { issuers: [{ ...ISSUER, algorithms: ['HS256'] }] },
      'security.jwt.issuers[0].algorithms: "HS256" needs a shared secret. Keys that are fetched are public.',
    ],
    [
      { issuers: [{ ...ISSUER, algorithms: ['RS265'] }] },
      'security.jwt.issuers[0].algorithms: "RS265" is not a signature algorithm. Did you mean "RS256"?',
    ],
    [
      { issuers: [{ ...ISSUER, algorithms: ['none'] }] },
      'security.jwt.issuers[0].algorithms: "none" is not a signature algorithm.',
    ],
    [
      { issuers: [{ ...ISSUER, profile: 'rfc-9068' }] },
      'security.jwt.issuers[0].profile: "rfc-9068" is not one of the choices. Did you mean "rfc9068"?',
    ],
    [
      { issuers: [{ ...ISSUER, allowMissingTyp: true }] },
      "security.jwt.issuers[0].allowMissingTyp: true contradicts the profile. Say `profile: 'oidc-legacy'`.",
    ],
    [
      { issuers: [{ ...ISSUER, audienceClaim: 'azp' }] },
      'security.jwt.issuers[0].audienceClaim: "azp" is not one of the choices.',
    ],
    [
      { issuers: [{ ...ISSUER, claims: { role: 'x' } }] },
      'security.jwt.issuers[0].claims.role: unknown option. Did you mean `security.jwt.issuers[0].claims.roles`?',
    ],
    [
      { issuers: [{ ...ISSUER, claims: { roles: 'a..b' } }] },
      'security.jwt.issuers[0].claims.roles: "a..b" is no place in the claims.',
    ],
    [
      { issuers: [{ ...ISSUER, claims: { roles: [] } }] },
      'security.jwt.issuers[0].claims.roles: an empty list is no place in the claims.',
    ],
    [
      { issuers: [{ ...ISSUER, tenant: 'a', claims: { tenant: 'tid' } }] },
      'security.jwt.issuers[0].tenant: "a" is given twice.',
    ],
    [{ issuers: [{ ...ISSUER, idPrefix: 'a:b' }] }, 'security.jwt.issuers[0].idPrefix: "a:b" is no short name.'],
    [
      { issuers: [{ ...ISSUER, dangerouslySharedIds: 'yes' }] },
      'security.jwt.issuers[0].dangerouslySharedIds: "yes" is not a boolean.',
    ],
    [
      { issuers: [{ ...ISSUER, dangerouslyAllowHttp: 1 }] },
      'security.jwt.issuers[0].dangerouslyAllowHttp: 1 is not a boolean.',
    ],
    [
      { issuers: [{ ...ISSUER, maxAge: 600_000 }] },
      'security.jwt.issuers[0].maxAge: 600000 is not a number from 30 to 86400. It is in seconds, not milliseconds.',
    ],
    [{ issuers: [{ ...ISSUER, cooldown: 0 }] }, 'security.jwt.issuers[0].cooldown: 0 is not a number from 1 to 3600.'],
    [{ issuers: [{ ...ISSUER, staleIfError: NaN }] }, 'security.jwt.issuers[0].staleIfError: NaN is not a number'],
    [
      { issuers: [{ ...ISSUER, jwksUri: 'ftp://x' }] },
      'security.jwt.issuers[0].jwksUri: "this" is not the URL of a provider.',
    ],
    [
      { issuers: [{ ...ISSUER, dangerouslyAllowPrivate: '127.0.0.1' }] },
      'security.jwt.issuers[0].dangerouslyAllowPrivate: "127.0.0.1" is not a non-empty list of strings.',
    ],
    [{ issuerFor: 'x' }, 'security.jwt.issuerFor: "x" is not a function.'],
    [{ issuer: [ISSUER] }, 'security.jwt.issuer'],
    [{ issuerss: [ISSUER] }, 'security.jwt.issuerss: unknown option. Did you mean `security.jwt.issuers`?'],
  ])('is refused: %j', async (jwt, message) => {
    await expect(boot(jwt as JwtOptions)).rejects.toThrow(message);
  });
});

describe('introspection', () => {
  it('is taken, alone and beside an issuer', async () => {
    await expect(boot({ introspection: INTROSPECTION })).resolves.toBeUndefined();
    await expect(
      boot({ issuers: [ISSUER], introspection: { ...INTROSPECTION, issuer: ISSUER.issuer } }),
    ).resolves.toBeUndefined();
  });

  it.each<[more: object, message: string]>([
    [
      { endpoint: 'http://id.example.com' },
      'security.jwt.introspection.endpoint: "http://id.example.com" is not https.',
    ],
    [{ clientId: '' }, 'security.jwt.introspection.clientId: "" is not a non-empty string.'],
    [{ clientSecret: 42 }, 'security.jwt.introspection.clientSecret: is not a non-empty string.'],
    [
      { audience: undefined },
      'security.jwt.introspection.audience: undefined is not a non-empty list of strings. Say what this API is called there, or `dangerouslyAllowAnyAudience: true`',
    ],
    [{ maxTokenAge: 0 }, 'security.jwt.introspection.maxTokenAge: 0 is not a positive finite number.'],
    [{ clientAuth: 'body' }, 'security.jwt.introspection.clientAuth: "body" is not one of the choices.'],
    [{ cacheFor: 300 }, 'security.jwt.introspection.cacheFor: 300 is not a number from 0 to 60.'],
    [
      { cachefor: 30 },
      'security.jwt.introspection.cachefor: unknown option. Did you mean `security.jwt.introspection.cacheFor`?',
    ],
  ])('is refused: %j', async (more, message) => {
    const booting = boot({ introspection: { ...INTROSPECTION, ...more } });
    await expect(booting).rejects.toThrow(message);
    await expect(booting).rejects.not.toThrow(/a secret that no message shows/);
  });

  it('of another provider needs a prefix beside an issuer', async () => {
    const introspection = { ...INTROSPECTION, issuer: 'https://other.example.com' };
    await expect(boot({ issuers: [ISSUER], introspection })).rejects.toThrow(
      'security.jwt.introspection.idPrefix: undefined is that of security.jwt.issuers[0] too: one `sub` may be two people.',
    );
    await expect(
      boot({ issuers: [ISSUER], introspection: { ...introspection, idPrefix: 'o' } }),
    ).resolves.toBeUndefined();
  });
});

describe('a source that nobody names', () => {
  const secret = 'a-secret-of-more-than-32-bytes-for-tests-only';

  it('is not taken for the app itself: it needs a prefix beside our own keys', async () => {
    await expect(boot({ secret, introspection: INTROSPECTION })).rejects.toThrow(
      'security.jwt.introspection.idPrefix: undefined is that of tokens of this app too: one `sub` may be two people.',
    );
    await expect(boot({ secret, introspection: { ...INTROSPECTION, idPrefix: 'o' } })).resolves.toBeUndefined();
  });

  it('is nobody’s twin either', async () => {
    await expect(boot({ issuers: [ISSUER], introspection: INTROSPECTION })).rejects.toThrow('one `sub` may be two');
  });

  it('is compared with every holder of its prefix, not the first alone', async () => {
    const issuers = [ISSUER, { ...ISSUER, issuer: 'https://b.example.com', dangerouslySharedIds: true }];
    await expect(boot({ issuers })).resolves.toBeUndefined();
    await expect(
      boot({ issuers: [issuers[1]!, ISSUER, { ...ISSUER, issuer: 'https://c.example.com' }] }),
    ).rejects.toThrow('security.jwt.issuers[2].idPrefix: undefined is that of security.jwt.issuers[1] too');
  });
});

describe('createTokenVerifier({ jwksUri })', () => {
  const jwksUri = 'https://id.example.com/jwks';

  it.each<[options: object, message: string]>([
    [
      { jwksUri: 'http://id.example.com/jwks' },
      'createTokenVerifier.jwksUri: "http://id.example.com/jwks" is not https.',
    ],
    [{ jwksUri, secret: 'x' }, 'createTokenVerifier: `jwksUri` and `secret` exclude each other.'],
    [{ jwksUri, algorithms: ['HS256'] }, 'createTokenVerifier.algorithms: "HS256" needs a shared secret.'],
    [{ jwksUri, maxAge: 1 }, 'createTokenVerifier.maxAge: 1 is not a number from 30 to 86400.'],
    [{ jwksurl: jwksUri }, 'createTokenVerifier.jwksurl: unknown option. Did you mean `createTokenVerifier.jwksUri`?'],
    [{ jwksUri, audience: 'x' }, 'createTokenVerifier.issuer: is required with `jwksUri`. Say whose tokens they are.'],
    [
      { jwksUri, issuer: 'https://id.example.com' },
      'createTokenVerifier.audience: is required with `jwksUri`. Say what this API is called there.',
    ],
    [{ publicKey: 'x', cooldown: 3 }, 'createTokenVerifier.cooldown: works with `jwksUri` only. Leave it out.'],
    [{}, 'createTokenVerifier: there is no key. Give one of secret, publicKey, keys, jwks'],
  ])('refuses %j', (options, message) => {
    expect(() => createTokenVerifier(options)).toThrow(message);
  });

  it('asks nobody before there is a token', () => {
    const named = { issuer: 'https://id.example.com', audience: 'https://api.example.com' };
    expect(createTokenVerifier({ jwksUri, ...named })).toEqual({ verify: expect.any(Function) });
  });
});

describe('the ports that keys may be at', () => {
  const portsOf = (more: Partial<IssuerOptions>) => issuerSettings('i', { ...ISSUER, ...more }).reach.ports;

  it('are that of the issuer, that of https, and those that are listed', () => {
    expect(portsOf({})).toBeUndefined();
    expect(portsOf({ issuer: 'https://id.example.com:8443' })).toEqual([8443, 443]);
    expect(portsOf({ jwksHosts: ['keys.example.com'] })).toEqual([443]);
    expect(portsOf({ jwksHosts: ['keys.example.com:9443', '[2001:db8::1]:444'] })).toEqual([443, 9443, 444]);
    expect(portsOf({ issuer: 'https://id.example.com:8443', jwksUri: 'https://id.example.com:9443/k' })).toEqual([
      9443,
    ]);
  });

  it.each(['https://keys.example.com', 'keys.example.com/jwks', 'a@keys.example.com', 'keys.example.com:0x1', 'a b'])(
    'are not read from %s',
    (place) => {
      expect(() => portsOf({ jwksHosts: [place] })).toThrow(
        `i.jwksHosts: "${place}" is no host. Use e.g. 'keys.example.com', or with a port.`,
      );
    },
  );
});

describe('the boot audit', () => {
  @Controller()
  class OneController {
    @Get()
    @Returns(String)
    read() {
      return 'x';
    }
  }
  const findings = async (jwt: JwtOptions) => {
    const t = await bootApp({ controllers: [OneController], security: { jwt } });
    const found = t.app
      .get(BootAudit)
      .findings()
      .map(({ id, severity, where }) => `${severity} ${id} ${where}`);
    await t.close();
    return found.filter((line) => line.includes('authentication/'));
  };

  it('says nothing of an issuer that is asked by https', async () => {
    expect(await findings({ issuers: [ISSUER], introspection: { ...INTROSPECTION, issuer: ISSUER.issuer } })).toEqual(
      [],
    );
  });

  it('tells of plain HTTP, any audience, any type of token and tokens without a date', async () => {
    expect(
      await findings({
        issuers: [{ ...ISSUER, issuer: 'http://id.example.com', dangerouslyAllowHttp: true }],
        introspection: {
          ...INTROSPECTION,
          endpoint: 'http://id.example.com/introspect',
          dangerouslyAllowHttp: true,
          audience: undefined,
          dangerouslyAllowAnyAudience: true,
          allowMissingTokenType: true,
          dangerouslyAllowUndated: true,
          issuer: 'http://id.example.com',
        } as IntrospectionOptions,
      }),
    ).toEqual([
      'warning authentication/plain-http-issuer security.jwt.issuers[0]',
      'warning authentication/plain-http-issuer security.jwt.introspection',
      'warning authentication/no-audience security.jwt.introspection.audience',
      'warning authentication/undated-tokens security.jwt.introspection.dangerouslyAllowUndated',
      'warning authentication/unknown-token-type security.jwt.introspection.allowMissingTokenType',
    ]);
  });
});
