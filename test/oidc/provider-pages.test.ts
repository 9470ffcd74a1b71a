/** The options of the pages on providers, against tokens in the shape that each of them makes. */

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuerOptions, SecurityOptions } from '../../lib/index.js';
import { ROOT } from '../architecture/sources.js';
import { bootResource, lastReason } from './resource-app.js';

const ROLES = 'https://shop.example.com/roles';
const TENANT = '8b1a5c0e-0000-4000-8000-00000000a11c';
const API_ID = '5f0c1d2e-0000-4000-8000-00000000b0b0';
const API_URL = 'https://api.example.com';

type Claims = Record<string, unknown>;

interface Page {
  readonly path: string;
  readonly header: Claims;
  readonly token: Claims;
  readonly caller: Claims;
  /** What is refused there: by name, over the good claims and header. */
  readonly refused: Readonly<Record<string, { claims?: Claims; header?: Claims; reason: string }>>;
}

const PAGES: Readonly<Record<string, Page>> = {
  keycloak: {
    path: '/realms/shop',
    header: { typ: 'JWT' },
    token: {
      jti: 'onrtac:1',
      sub: 'f:1:alice',
      typ: 'Bearer',
      azp: 'web',
      sid: 'session-1',
      acr: '1',
      aud: [API_URL, 'account'],
      'allowed-origins': ['https://app.example.com'],
      realm_access: { roles: ['user', 'moderator'] },
      resource_access: { account: { roles: ['manage-account'] } },
      scope: 'openid orders:read',
      preferred_username: 'alice',
    },
    caller: { id: 'f:1:alice', roles: ['user', 'moderator'], scopes: ['openid', 'orders:read'] },
    refused: {
      'a token for the account pages': { claims: { aud: 'account' }, reason: 'audience_not_accepted' },
      'a token of an older realm, with its nonce': { claims: { nonce: 'n' }, reason: 'not_an_access_token: nonce' },
      'a refresh token': { claims: { typ: 'Refresh' }, reason: 'not_an_access_token: typ' },
      'an ID token': { claims: { typ: 'ID', at_hash: 'x' }, reason: 'not_an_access_token: typ' },
      'a token without sub': { claims: { sub: undefined }, reason: 'sub_missing' },
    },
  },
  auth0: {
    path: '/',
    header: { typ: 'at+jwt' },
    token: {
      sub: 'auth0|alice',
      aud: [API_URL, 'https://shop.eu.auth0.com/userinfo'],
      scope: 'openid orders:read',
      jti: 'j-1',
      client_id: 'web',
      [ROLES]: ['user'],
    },
    caller: { id: 'auth0|alice', roles: ['user'], scopes: ['openid', 'orders:read'] },
    refused: {
      'a token of the former profile': { header: { typ: 'JWT' }, reason: 'type_not_allowed' },
      'a token for /userinfo alone': {
        claims: { aud: 'https://shop.eu.auth0.com/userinfo' },
        reason: 'audience_not_accepted',
      },
    },
  },
  'entra-id': {
    path: `/${TENANT}/v2.0`,
    header: { typ: 'JWT' },
    token: {
      aud: API_ID,
      azp: 'c',
      azpacr: '0',
      oid: 'object-of-alice',
      sub: 'pairwise-of-alice',
      tid: TENANT,
      roles: ['user'],
      scp: 'orders.read orders.write',
      uti: 'u-1',
      ver: '2.0',
    },
    caller: { id: 'object-of-alice', tenant: TENANT, roles: ['user'], scopes: ['orders.read', 'orders.write'] },
    refused: {
      'a token for Graph': { claims: { aud: '00000003-0000-0000-c000-000000000000' }, reason: 'audience_not_accepted' },
      'an ID token': { claims: { nonce: 'n' }, reason: 'not_an_access_token: nonce' },
    },
  },
  cognito: {
    path: '/eu-west-1_AbCdEfGhI',
    header: {},
    token: {
      sub: 'alice-of-the-pool',
      'cognito:groups': ['user'],
      version: 2,
      client_id: '4k2example0client0id0web',
      origin_jti: 'o-1',
      token_use: 'access',
      scope: 'shop/orders.read',
      jti: 'j-1',
      username: 'alice',
    },
    caller: { id: 'alice-of-the-pool', roles: ['user'], scopes: ['shop/orders.read'] },
    refused: {
      'an ID token': {
        claims: { token_use: 'id', aud: '4k2example0client0id0web', client_id: undefined },
        reason: 'audience_missing',
      },
      'an ID token that names a client': { claims: { token_use: 'id' }, reason: 'not_an_access_token: token_use' },
      'a token of another client': { claims: { client_id: 'other' }, reason: 'audience_not_accepted' },
    },
  },
};

/** What the first snippet of the page gives for its issuer: what people copy. */
function optionsOf(page: string): IssuerOptions {
  const text = readFileSync(join(ROOT, `docs/${page}.md`), 'utf8');
  const [, snippet = ''] = /```ts\n(.*?)```/s.exec(text) ?? [];
  let given: SecurityOptions | undefined;
  const forRoot = (options: SecurityOptions) => (given = options);
  const body = snippet.replaceAll(/^import .*$/gm, '');
  (runInThisContext(`(SecurityModule) => {${body}}`) as (module: unknown) => void)({ forRoot });
  return given!.jwt!.issuers![0]!;
}

let server: Server;
let privateKey: Parameters<SignJWT['sign']>[0];
let host: string;
beforeAll(async () => {
  const pair = await generateKeyPair('RS256');
  ({ privateKey } = pair);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', use: 'sig' };
  server = createServer((request, response) => {
    const [issuerPath = ''] = (request.url ?? '').split('.well-known');
    const base = `http://${host}${issuerPath}`;
    const issuer = issuerPath === '/' ? base : base.replace(/\/$/, '');
    const isKeys = request.url === '/keys';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer, jwks_uri: `http://${host}/keys` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe.each(Object.entries(PAGES))('the page on %s', (name, { path, header, token, caller, refused }) => {
  const issuerOf = () => `http://${host}${path}`;
  const options = optionsOf(name);
  const boot = () =>
    bootResource('express', {
      security: {
        jwt: {
          issuers: [{ ...options, issuer: issuerOf(), dangerouslyAllowHttp: true, dangerouslyAllowPrivate: [host] }],
        },
      },
    });
  const signed = (more: { claims?: Claims; header?: Claims } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: issuerOf(), iat: now, exp: now + 600, ...token, ...more.claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header, ...more.header })
      .sign(privateKey);
  };

  it('lets in its access tokens, with roles and scopes in their places', async () => {
    const t = await boot();
    expect(await t.me(await signed())).toMatchObject({ status: 200, body: caller });
    await t.close();
  });

  it('refuses everything else that it signs', async () => {
    const t = await boot();
    for (const [what, { reason, ...more }] of Object.entries(refused)) {
      expect((await t.me(await signed(more))).status, what).toBe(401);
      expect(lastReason(t), what).toBe(reason);
    }
    await t.close();
  });
});
