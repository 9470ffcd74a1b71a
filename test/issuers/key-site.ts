/** A provider by hand: it publishes whatever key set a test wants, right or wrong, and counts who asks. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, type JWTPayload } from 'jose';
import type { IssuerOptions } from '../../lib/index.js';

export interface NamedKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  /** Its public JWK, as it is published. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function namedKey(kid: string, alg = 'ES256'): NamedKey {
  const { privateKey, publicKey } = alg.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

export type SiteReply = (request: IncomingMessage, response: ServerResponse) => void;

export interface KeySite {
  readonly issuer: string;
  readonly host: string;
  /** `/jwks`, in the order they were asked. */
  readonly asked: string[];
  /** What stands at a path: JSON, or a reply of any kind. Without one: 404. */
  readonly pages: Map<string, unknown>;
  /** Publishes these at `/jwks`. */
  publish(...jwks: readonly object[]): void;
  /** A token of this issuer. Every claim can be overridden. */
  token(key: NamedKey, claims?: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
  options(more?: Partial<IssuerOptions>): IssuerOptions;
  close(): Promise<void>;
}

export const AUDIENCE = 'https://api.example.com';

/** @param nowS The time that tokens are dated by. */
export async function openKeySite(nowS: number, path = ''): Promise<KeySite> {
  const pages = new Map<string, unknown>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const page = pages.get(request.url!);
    if (typeof page === 'function') return (page as SiteReply)(request, response);
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(page ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${host}${path}`;
  pages.set(`${path}/.well-known/openid-configuration`, { issuer, jwks_uri: `${issuer}/jwks` });
  return {
    issuer,
    host,
    asked,
    pages,
    publish: (...keys) => void pages.set(`${path}/jwks`, { keys }),
    token: (key, claims = {}, header = {}) =>
      new SignJWT({
        iss: issuer,
        aud: AUDIENCE,
        sub: 'alice',
        jti: 'token-1',
        client_id: 'web',
        iat: nowS,
        exp: nowS + 86_400,
        ...claims,
      })
        .setProtectedHeader({ alg: key.alg, typ: 'at+jwt', kid: key.kid, ...header })
        .sign(key.privateKey),
    options: (more = {}) => ({
      issuer,
      audience: AUDIENCE,
      dangerouslyAllowPrivate: [host],
      dangerouslyAllowHttp: true,
      ...more,
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const html: SiteReply = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>Sign in</title>');
};

export const fails: SiteReply = (_request, response) => void response.writeHead(500).end('{}');

export const hangs: SiteReply = () => undefined;

export const hangsUp: SiteReply = (request) => void request.socket.destroy();

export const redirects =
  (to: string): SiteReply =>
  (_request, response) =>
    void response.writeHead(302, { location: to }).end();

/** This many bytes of JSON that never ends. */
export const endless =
  (bytes: number): SiteReply =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"keys":[');
    const chunk = `${'"x",'.repeat(16_000)}`;
    let sent = 0;
    const more = (): void => {
      while (sent < bytes) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    response.on('error', () => undefined);
    more();
  };
