/** Makes keys, tokens that are bound to them, and proofs: with jose alone, nothing of ours. */

import { createHash, randomUUID } from 'node:crypto';
import { Controller, Get, Post } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import {
  Authenticate,
  CurrentPrincipal,
  Public,
  Roles,
  Scopes,
  StepUp,
  type Principal,
  type SecurityOptions,
} from '../../lib/index.js';
import { bootApp, START_MS, TEST_SECRET, type Answer, type Platform, type TestApp, type TestAppInit } from '../app.js';
import { tokenFor, type TokenInit } from '../tokens.js';

export const NOW_S = START_MS / 1000;
export const ORIGIN = 'https://api.example.com';

export interface BoundKey {
  readonly alg: string;
  readonly privateKey: Parameters<SignJWT['sign']>[0];
  readonly jwk: JWK;
  readonly jkt: string;
}

export async function makeKey(alg = 'ES256'): Promise<BoundKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { alg, privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) };
}

/** A good token that is bound to a key. */
export function boundToken({ jkt }: BoundKey, claims: TokenInit = {}): Promise<string> {
  return tokenFor('alice', { cnf: { jkt }, ...claims });
}

export interface ProofInit {
  readonly token?: string | undefined;
  readonly nonce?: string;
  /** Members of the header and claims, over the good ones. Undefined takes one away. */
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
}

/** A good proof for `GET /orders`: made now, for the declared origin. */
export function proofFor(
  line: string,
  key: BoundKey,
  { token, nonce, header, claims }: ProofInit = {},
): Promise<string> {
  const [htm = '', path = ''] = line.split(' ');
  const good = {
    jti: randomUUID(),
    htm,
    htu: path.startsWith('/') ? ORIGIN + path : path,
    iat: NOW_S,
    ...(token !== undefined && { ath: createHash('sha256').update(token).digest('base64url') }),
    ...(nonce !== undefined && { nonce }),
  };
  return new SignJWT(defined({ ...good, ...claims }))
    .setProtectedHeader(defined({ alg: key.alg, typ: 'dpop+jwt', jwk: key.jwk, ...header }) as { alg: string })
    .sign(key.privateKey);
}

function defined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

@Controller()
class OrdersController {
  @Get('orders')
  orders(@CurrentPrincipal() { id, scheme }: Principal) {
    return { id, scheme };
  }

  @Post('orders')
  create() {
    return { ok: true };
  }

  @Get('orders/:id')
  one() {
    return { ok: true };
  }

  @Get('open')
  @Public()
  open(@CurrentPrincipal() caller?: Principal) {
    return { id: caller?.id ?? 'nobody' };
  }

  @Get('scoped')
  @Scopes('orders:read')
  scoped() {
    return { ok: true };
  }

  @Get('admin')
  @Roles('admin')
  admin() {
    return { ok: true };
  }

  @Get('vault')
  @StepUp({ maxAge: 300, acr: 'gold' })
  vault() {
    return { ok: true };
  }

  @Get('either')
  @Authenticate('jwt', 'api-key')
  either() {
    return { ok: true };
  }
}

type JwtOptions = NonNullable<SecurityOptions['jwt']>;

export function bootOrders(
  jwt: JwtOptions,
  { security, ...init }: TestAppInit & { platform?: Platform } = {},
): Promise<TestApp> {
  return bootApp({
    controllers: [OrdersController],
    ...init,
    security: {
      responses: { dangerouslyPassUndeclared: true },
      jwt: { secret: TEST_SECRET, ...jwt },
      ...security,
    },
  });
}

/** Sends a request with a bound token and a proof, good unless something is said to be different. */
export async function sendBound(
  t: TestApp,
  line: string,
  key: BoundKey,
  init: ProofInit & {
    proof?: string;
    signer?: BoundKey;
    headers?: Record<string, string | string[]>;
    from?: string;
  } = {},
): Promise<Answer> {
  const token = init.token ?? (await boundToken(key));
  const proof = init.proof ?? (await proofFor(line.replace(/[?#].*$/, ''), init.signer ?? key, { ...init, token }));
  const headers = { authorization: `DPoP ${token}`, dpop: proof, ...init.headers };
  return t.send(line, { headers, ...(init.from !== undefined && { from: init.from }) });
}

/** The exact cause of the last refusal, as the log has it. */
export function lastReason({ events }: TestApp): string | undefined {
  const last = events.at(-1);
  return last !== undefined && 'reason' in last ? last.reason : undefined;
}

export function shownOf({ status, body, headers }: Answer): unknown {
  return { status, body, challenge: headers['www-authenticate'] };
}

const ALGS = 'ES256 ES384 ES512 EdDSA Ed25519 PS256 RS256';

/** What every refusal of a proof looks like to the client. */
export const PROOF_REFUSED = {
  status: 401,
  body: { type: 'about:blank', title: 'Valid credentials are required.', status: 401 },
  challenge: `DPoP error="invalid_dpop_proof", algs="${ALGS}"`,
};

/** What every refusal of a token looks like to a client that sent a proof with it. */
export const TOKEN_REFUSED = { ...PROOF_REFUSED, challenge: `DPoP error="invalid_token", algs="${ALGS}"` };

export const OFFERS_BOTH = `Bearer, DPoP algs="${ALGS}"`;
export const OFFERS_DPOP = `DPoP algs="${ALGS}"`;
