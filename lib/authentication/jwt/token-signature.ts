/** Did one of our keys sign this token? jose decides; our own stricter checks come first and only ever add refusals. */

import { compactVerify, errors } from 'jose';
import { splitCompactJws } from './compact-jws.js';
import type { KeySet } from './key-set.js';
import { readTokenHeader, type TypeRule } from './token-header.js';
import type { TokenKey } from './token-key.js';
import { refuseToken } from './token-refusal.js';

/**
 * Checks form, header and signature, cheapest first. Answers the payload as it was signed, still encoded: its origin is
 * proven then, what it says is not judged yet.
 *
 * @throws SecurityError `invalid_token`
 */
export async function verifyTokenSignature(token: unknown, keys: KeySet, rule: TypeRule): Promise<string> {
  return (await proveTokenSignature(token, keys, rule)).payload;
}

/** The same, and which key it was. */
export async function proveTokenSignature(
  token: unknown,
  keys: KeySet,
  rule: TypeRule,
): Promise<{ readonly payload: string; readonly key: TokenKey }> {
  const { header, payload } = splitCompactJws(token);
  const { alg, kid } = readTokenHeader(header, rule);
  if (!keys.allows(alg)) throw refuseToken('algorithm_not_allowed');
  const options = { algorithms: [alg] };
  let tried = false;
  for (const key of keys.candidates(alg, kid)) {
    tried = true;
    try {
      await compactVerify(token as string, await key.cryptoKey(alg), options);
      return { payload, key };
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) continue;
      throw refuseToken('signature_unverifiable', error);
    }
  }
  throw refuseToken(tried ? 'signature_mismatch' : 'key_unknown');
}
