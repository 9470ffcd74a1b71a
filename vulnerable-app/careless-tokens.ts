/** A verifier that the developer wrote: it takes the place of the app's own, and knows no more than it is told here. */

import type { INestApplication } from '@nestjs/common';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import { SecurityError, SigningKeys, TokenVerifier, type Principal } from 'nestjs-bulwark';

/** Answers the claims of a token, or throws. */
export type CarelessCheck = (token: string, app: INestApplication) => Promise<JWTPayload> | JWTPayload;

export function verifyBy(check: CarelessCheck): (app: INestApplication) => void {
  return function replaceVerifier(app) {
    const verifier = app.get(TokenVerifier, { strict: false });
    verifier.recall = () => undefined;
    verifier.resolve = async (token) => {
      try {
        return principalOf(await check(token, app));
      } catch (error) {
        throw new SecurityError('invalid_token', { reason: 'refused_by_hand', cause: error });
      }
    };
  };
}

/** By the keys that the app publishes, with everything checked that is to be: the careful part of a careless verifier. */
export async function verified(
  token: string,
  app: INestApplication,
  checks: { readonly issuer?: string; readonly audience?: string; readonly typ?: string; readonly currentDate?: Date },
): Promise<JWTPayload> {
  const keys = createLocalJWKSet(app.get(SigningKeys, { strict: false }).publicJwks() as never);
  return (await jwtVerify(token, keys, { requiredClaims: ['sub', 'exp'], ...checks })).payload;
}

export const SHOP = 'https://shop.example.com';

export const ALL_CHECKS = { issuer: SHOP, audience: SHOP, typ: 'at+jwt' } as const;

export { decodeJwt, decodeProtectedHeader };

function principalOf({ sub, roles, scope, auth_time: time, ...claims }: JWTPayload): Principal {
  return {
    id: sub ?? 'nobody',
    scheme: 'jwt',
    roles: Array.isArray(roles) ? (roles as string[]) : [],
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    ...(claims.jti !== undefined && { credentialId: claims.jti }),
    ...(typeof time === 'number' && { authTimeMs: time * 1000 }),
    ...(Array.isArray(claims['amr']) && { amr: claims['amr'] as string[] }),
    claims,
  };
}
