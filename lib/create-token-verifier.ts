/** A token verifier without Nest: the rules of authentication, and the safe fetch for keys that are elsewhere. */

import {
  plainVerifier,
  type PlainTokenVerifier,
  type TokenVerifierOptions,
} from './authentication/jwt/plain-verifier.js';
import { safeFetchOf } from './outbound/fetch/safe-fetch.js';

const OPTION = 'createTokenVerifier';

/**
 * Verifies access tokens without Nest, remembering none of them.
 *
 * @example
 * const verifier = createTokenVerifier({ publicKey: pem, issuer: 'https://id.example', audience: 'https://api.example' });
 * const principal = await verifier.verify(token); // refusal: SecurityError with code `invalid_token`
 * @example
 * createTokenVerifier({ jwksUri: 'https://id.example/jwks', issuer: 'https://id.example', audience: 'https://api.example' });
 * @throws TypeError naming option, value and fix.
 */
export function createTokenVerifier(options: TokenVerifierOptions): PlainTokenVerifier {
  return plainVerifier(OPTION, options, (hosts, reach) => safeFetchOf(OPTION, { ...reach, allowedHosts: hosts }));
}
