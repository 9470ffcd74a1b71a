/** A caller for a test: a token that the app itself has made, and the headers to send it in. */

import type { INestApplicationContext } from '@nestjs/common';
import { TokenService } from '../authentication/jwt/token.service.js';
import type { Subject } from './attack/callers/token-forge.js';

/** Somebody to call as. */
export interface ActingPrincipal {
  readonly id: string;
  /** The access token itself. */
  readonly token: string;
  /** For supertest's `.set()`, Fastify's `inject({ headers })` and `fetch(url, { headers })`. */
  readonly headers: { readonly authorization: string };
  /** When the token ends, in milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

/**
 * Makes a token by the app's own `TokenService`, without a session, for whoever you need: any id, roles, scopes, login.
 *
 * @throws TypeError where the app issues no tokens (it has keys to verify with only), or the id is empty.
 * @example
 * const ada = await asPrincipal(app, { id: '7', roles: ['admin'] });
 * await request(app.getHttpServer()).get('/analytics').set(ada.headers).expect(200);
 */
export async function asPrincipal(app: INestApplicationContext, subject: Subject): Promise<ActingPrincipal> {
  const tokens = app.get(TokenService, { strict: false });
  const { accessToken: token, expiresAtMs } = await tokens.issue(subject, { session: false });
  return Object.freeze({
    id: subject.id,
    token,
    headers: Object.freeze({ authorization: `Bearer ${token}` }),
    expiresAtMs,
  });
}
