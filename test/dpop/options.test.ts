/** Mistakes in `jwt.dpop`, `jwt.mtls` and `jwt.resource` stop the boot; what is unwise is told. */

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TokenBindingAuditor } from '../../lib/authentication/dpop/token-binding.auditor.js';
import { jwtSettings, type JwtOptions } from '../../lib/authentication/jwt/jwt.options.js';
import { resolveSignaturesOptions } from '../../lib/authentication/signature/signatures.options.js';
import type { Environment } from '../../lib/core/environment.js';
import { MemorySpentStore } from '../../lib/index.js';
import { TEST_SECRET } from '../app.js';

const TEST: Environment = { production: false, variables: {} };
const PRODUCTION: Environment = { production: true, variables: {} };
const NONCE_SECRET = 'a-nonce-secret-of-more-than-32-bytes-000';

const settingsOf = (options: object, environment = TEST) =>
  jwtSettings({ secret: TEST_SECRET, ...options } as JwtOptions, environment);

describe('an option of bound tokens', () => {
  it.each<[string, object, string]>([
    [
      'a slip of the keyboard',
      { dpop: { mod: 'required' } },
      'security.jwt.dpop.mod: unknown option. Did you mean `security.jwt.dpop.mode`?',
    ],
    ['no mode', { dpop: { mode: 'optional' } }, 'security.jwt.dpop.mode: "optional" is not one of the choices.'],
    ['no origin', { dpop: { origin: 'api.example.com' } }, 'security.jwt.dpop.origin: "api.example.com" is no origin.'],
    ['no origins', { dpop: { origin: [] } }, 'security.jwt.dpop.origin: an empty list'],
    ['an hour', { dpop: { proofMaxAge: 3600 } }, 'security.jwt.dpop.proofMaxAge: 3600 is over five minutes.'],
    [
      'a shared secret',
      { dpop: { algorithms: ['HS256'] } },
      'security.jwt.dpop.algorithms: "HS256" is not one of the choices.',
    ],
    ['nothing', { dpop: { algorithms: ['none'] } }, 'security.jwt.dpop.algorithms: "none" is not one of the choices.'],
    [
      'a weak nonce secret',
      { dpop: { nonce: { secret: 'short' } } },
      'security.jwt.dpop.nonce.secret: the value has 5 bytes',
    ],
    [
      'no nonce secrets',
      { dpop: { nonce: { secret: [] } } },
      'security.jwt.dpop.nonce.secret: an empty list holds no secret.',
    ],
    [
      'a nonce of milliseconds',
      { dpop: { nonce: { lifetime: 300_000 } } },
      'is not a number from 10 to 3600. It is in seconds.',
    ],
    ['a nonce that is a text', { dpop: { nonce: 'yes' } }, 'security.jwt.dpop.nonce: "yes" is not an object.'],
    ['an extractor beside it', { dpop: {}, fromRequest: () => '' }, '`fromRequest` and `dpop` exclude each other'],
    [
      'no source of certificates',
      { mtls: { certificate: 'header' } },
      'security.jwt.mtls.certificate: "header" is not one of the choices.',
    ],
    ['no boolean', { mtls: { required: 'yes' } }, 'security.jwt.mtls.required: "yes" is not a boolean.'],
    ['no identifier', { resource: {} }, 'security.jwt.resource.identifier: undefined is not a non-empty string.'],
    ['a plain one', { resource: { identifier: 'http://api.example.com' } }, 'is no identifier. Use an https URL'],
    ['one with a query', { resource: { identifier: 'https://api.example.com?a' } }, 'is no identifier'],
    ['one with a fragment', { resource: { identifier: 'https://api.example.com#a' } }, 'is no identifier'],
    ['one with a user', { resource: { identifier: 'https://a@api.example.com' } }, 'is no identifier'],
    ['one in other letters', { resource: { identifier: 'https://API.example.com' } }, 'is no identifier'],
    ['one with a default port', { resource: { identifier: 'https://api.example.com:443' } }, 'is no identifier'],
    ['one that ends in a slash', { resource: { identifier: 'https://api.example.com/a/' } }, 'cannot be the path'],
    ['one of five segments', { resource: { identifier: 'https://api.example.com/a/b/c/d/e' } }, 'cannot be the path'],
    ['one that breaks the header', { resource: { identifier: 'https://api.example.com/"a' } }, 'is no identifier'],
    [
      'no server',
      { resource: { identifier: 'https://api.example.com', authorizationServers: ['id.example.com'] } },
      'security.jwt.resource.authorizationServers: "id.example.com" is no identifier.',
    ],
    [
      'two scopes in one',
      { resource: { identifier: 'https://api.example.com', scopes: ['a b'] } },
      'security.jwt.resource.scopes: "a b" is no scope.',
    ],
    [
      'no page',
      { resource: { identifier: 'https://api.example.com', policy: 'javascript:alert(1)' } },
      'security.jwt.resource.policy',
    ],
  ])('refuses %s', (_what, options, complaint) => {
    expect(() => settingsOf(options)).toThrow(TypeError);
    expect(() => settingsOf(options)).toThrow(complaint);
  });

  it('has defaults that are closed', () => {
    const { dpop, mtls, resource } = settingsOf({});
    expect(dpop).toMatchObject({ mode: 'off', origins: undefined, proofMaxAgeMs: 60_000, nonce: undefined });
    expect(mtls).toEqual({ certificate: 'socket', required: false, announced: false });
    expect(resource).toBeUndefined();
    expect(settingsOf({ dpop: {} }).dpop.mode).toBe('allowed');
  });

  it('needs an origin in production, its own or that of the resource', () => {
    expect(() => settingsOf({ dpop: {} }, PRODUCTION)).toThrow(/^security\.jwt\.dpop\.origin: /);
    expect(settingsOf({ dpop: { mode: 'off' } }, PRODUCTION).dpop.mode).toBe('off');
    const resource = { identifier: 'https://api.example.com/v1' };
    expect(settingsOf({ dpop: {}, resource }, PRODUCTION).dpop.origins).toEqual([
      { origin: 'https://api.example.com', prefix: '' },
    ]);
  });

  it('names the issuers that clients can ask, and not this app itself', () => {
    const resource = { identifier: 'https://api.example.com' };
    const servers = (options: object) => jwtSettings(options, TEST).resource?.metadata.authorization_servers;
    const { publicKey } = generateKeyPairSync('ed25519');
    const issuer = 'https://id.example.com';
    expect(servers({ resource, publicKey, issuer })).toEqual([issuer]);
    expect(servers({ resource, secret: TEST_SECRET, issuer })).toBeUndefined();
    expect(servers({ resource, issuers: [{ issuer, audience: 'https://api.example.com' }] })).toEqual([issuer]);
    expect(servers({ resource, secret: TEST_SECRET })).toBeUndefined();
  });

  it('lets plain HTTP on loopback pass for an identifier, outside of production', () => {
    const options = { resource: { identifier: 'http://127.0.0.1:3000' } };
    expect(settingsOf(options).resource?.metadataUrl).toBe(
      'http://127.0.0.1:3000/.well-known/oauth-protected-resource',
    );
    expect(() => settingsOf(options, PRODUCTION)).toThrow('is no identifier');
  });
});

describe('the audit', () => {
  const findings = (dpop: object, nonces?: MemorySpentStore, production = true) => {
    const jwt = settingsOf({ dpop: { origin: 'https://api.example.com', ...dpop } }, PRODUCTION);
    const signatures = resolveSignaturesOptions(nonces === undefined ? {} : { nonces });
    const auditor = new TokenBindingAuditor(jwt, signatures, nonces ?? new MemorySpentStore());
    return [...auditor.findings({ production } as Parameters<TokenBindingAuditor['findings']>[0])].map(({ id }) => id);
  };

  it('tells of what one process knows alone, in production', () => {
    expect(findings({ nonce: true })).toEqual(['dpop/in-memory', 'dpop/nonce-of-one-process']);
    expect(findings({ nonce: { secret: NONCE_SECRET } }, new MemorySpentStore())).toEqual([]);
    expect(findings({ mode: 'off', nonce: true })).toEqual([]);
    expect(findings({ nonce: true }, undefined, false)).toEqual([]);
  });
});
