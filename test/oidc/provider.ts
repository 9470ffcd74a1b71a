/** A real OpenID provider on loopback: it issues, rotates its keys, and misbehaves when a test says so. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { providerStore } from './provider-store.js';

/** The API that tokens are made for. Tokens for `OPAQUE_API` are not JWTs: they have to be introspected. */
export const API = 'https://api.example.com';
export const OPAQUE_API = 'https://opaque.example.com';
export const SCOPES = 'orders:read orders:write reports:read';

export const CLIENTS = {
  /** client_credentials, with a secret. */
  service: { id: 'service', secret: 'service-secret-of-32-bytes-or-more-0' },
  /** The same, whose tokens are bound by DPoP. */
  bound: { id: 'bound-service', secret: 'bound-secret-of-32-bytes-or-more-00' },
  /** Authorization code with PKCE, no secret. Its user is alice. */
  web: { id: 'web', redirectUri: 'https://app.example.com/callback' },
  /** The API itself, as it asks about opaque tokens. */
  api: { id: 'api', secret: 'api-secret-of-32-bytes-or-more-0000' },
} as const;

/** Answers in place of the provider. False: the provider answers after all. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface TestProvider {
  readonly issuer: string;
  /** `127.0.0.1:4010` */
  readonly host: string;
  /** `GET /jwks`, in the order they were asked. */
  readonly asked: string[];
  /** What answers instead, until it is set to undefined. */
  misbehave: Misbehaviour | undefined;
  /** How long it takes over an answer, in milliseconds. */
  delayMs: number;
  /** More claims of the next tokens. */
  claims: Readonly<Record<string, unknown>>;
  /** A token of the service client. */
  token(init?: {
    readonly client?: { id: string; secret: string };
    resource?: string;
    scope?: string;
  }): Promise<string>;
  /** Publishes the key that it will sign with next. */
  announce(): void;
  /** Signs with a new key from now on: the one that was announced, if any. The one before stays published, unless it is dropped. */
  rotate(options?: { readonly drop?: boolean }): void;
  /** `kid`s that are published, the signing one first. */
  kids(): string[];
  close(): Promise<void>;
}

/** @param init.path The issuer's path, e.g. `/realms/acme`. */
export async function openProvider(init: { readonly path?: string } = {}): Promise<TestProvider> {
  const path = init.path ?? '';
  let keys: JWK[] = [signingKey()];
  let announced: JWK | undefined;
  let current: Provider;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  const server = createServer((request, response) => {
    provider.asked.push(`${request.method} ${(request.url ?? '/').split('?', 1)[0]}`);
    if (provider.delayMs > 0) setTimeout(() => respond(request, response), provider.delayMs);
    else respond(request, response);
  });
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url ?? '/';
    if (provider.misbehave?.(request, response) === true) return;
    // The root of another path is nobody's.
    if (!target.startsWith(`${path}/`)) return void response.writeHead(404).end();
    if (target.startsWith(`${path}/interaction/`)) return void interact(current, request, response);
    // As a framework does that mounts something below a path.
    request.url = target.slice(path.length);
    Object.assign(request, { originalUrl: target });
    answer(request, response);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${host}${path}`;
  const secret = randomBytes(32).toString('hex');
  const adapter = providerStore();

  const provider: TestProvider = {
    issuer,
    host,
    asked: [],
    misbehave: undefined,
    delayMs: 0,
    claims: {},
    token: async ({ client = CLIENTS.service, resource = API, scope = SCOPES } = {}) => {
      const answered = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
      });
      const body = (await answered.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(`The provider gives no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    announce: () => {
      announced = signingKey();
      keys = [...keys, announced];
      start();
    },
    rotate: ({ drop = false } = {}) => {
      const next = announced ?? signingKey();
      announced = undefined;
      keys = [next, ...(drop ? [] : keys.filter((key) => key !== next))];
      start();
    },
    kids: () => keys.map(({ kid }) => kid!),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  function start(): void {
    current = new Provider(issuer, { ...configuration(keys, secret, path, provider), adapter });
    answer = current.callback();
  }
  start();
  return provider;
}

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ...privateKey.export({ format: 'jwk' }),
    kid: randomBytes(8).toString('hex'),
    alg: 'ES256',
    use: 'sig',
  } as JWK;
}

function configuration(keys: readonly JWK[], secret: string, path: string, provider: TestProvider) {
  return {
    jwks: { keys },
    cookies: { keys: [secret] },
    clients: [
      serviceClient(CLIENTS.service),
      { ...serviceClient(CLIENTS.bound), dpop_bound_access_tokens: true },
      {
        client_id: CLIENTS.web.id,
        token_endpoint_auth_method: 'none',
        redirect_uris: [CLIENTS.web.redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
      {
        client_id: CLIENTS.api.id,
        client_secret: CLIENTS.api.secret,
        redirect_uris: [],
        grant_types: [],
        response_types: [],
      },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['openid', ...SCOPES.split(' ')],
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `${path}/interaction/${uid}` },
    extraTokenClaims: () => provider.claims,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: SCOPES,
          audience: resource,
          accessTokenTTL: 600,
          accessTokenFormat: resource === OPAQUE_API ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600, Session: 600, Grant: 600, Interaction: 600 },
  };
}

function serviceClient({ id, secret }: { readonly id: string; readonly secret: string }): object {
  return {
    client_id: id,
    client_secret: secret,
    redirect_uris: [],
    grant_types: ['client_credentials'],
    response_types: [],
  };
}

/** Alice logs in and agrees to everything, without being asked. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: 'alice' } });
  }
  const grant = new provider.Grant({ accountId: session!.accountId, clientId: params.client_id! });
  grant.addOIDCScope(`openid ${SCOPES}`);
  grant.addResourceScope(params.resource ?? API, SCOPES);
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true });
}
