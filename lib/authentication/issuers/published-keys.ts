/** Which keys of a published JWK Set may check signatures? Those that are public, sound and unmistakable; others are left out. */

import { importPublicKey } from '../jwt/key-import.js';
import { isForSignatures } from '../jwt/jwk-check.js';
import type { SignatureAlgorithm } from '../jwt/signature-algorithm.js';
import type { JsonObject } from '../jwt/strict-json.js';
import { TokenKey } from '../jwt/token-key.js';
import { ProviderFault } from './remote-json.js';

/** More than any provider has at once. Each costs an import, and a token without `kid` tries them all. */
const MOST_KEYS = 100;

/** Larger keys only make signatures slow to check. */
const MOST_RSA_BITS = 8192;

/**
 * RFC 7517 §5: what is not understood is skipped. A set that could mean two things, or has no key for us, is refused whole:
 * the keys from before it then stay. An empty set says that none is good.
 *
 * @param known Keys from before: one that is published again stays the same object, so that what it proved stays proven.
 * @throws ProviderFault
 */
export function readPublishedKeys(
  set: JsonObject,
  allowed: readonly SignatureAlgorithm[] | undefined,
  known: readonly TokenKey[],
): readonly TokenKey[] {
  const { keys } = set;
  if (!Array.isArray(keys)) throw new ProviderFault('the key set has no list of keys');
  if (keys.length > MOST_KEYS)
    throw new ProviderFault(`the key set has ${keys.length} keys, ${MOST_KEYS} are the most`);
  // Not one key: everything is withdrawn, and what was known before is good no more.
  if (keys.length === 0) return [];
  const usable = withoutRepeats(keys.flatMap((jwk: unknown) => importable(jwk, allowed)));
  const twin = usable.find(
    ({ kid }, index) => kid !== undefined && usable.findIndex((key) => key.kid === kid) !== index,
  );
  if (twin !== undefined) throw new ProviderFault(`the key set has two keys named "${String(twin.kid).slice(0, 64)}"`);
  if (usable.length === 0) throw new ProviderFault('the key set has no key for signatures');
  return usable.map((key) => known.find((former) => isSame(former, key)) ?? key);
}

function importable(jwk: unknown, allowed: readonly SignatureAlgorithm[] | undefined): readonly TokenKey[] {
  if (!isForSignatures(jwk)) return [];
  let key: TokenKey;
  try {
    key = importPublicKey('jwks', jwk);
  } catch {
    // A shared secret that is published is no secret, and a private key that is published is everybody's. Too short, a bad exponent, no point of its curve, an `alg` of another kind of key: its tokens are refused.
    return [];
  }
  const { modulusLength = 0 } = key.keyObject.asymmetricKeyDetails ?? {};
  if (modulusLength > MOST_RSA_BITS) return [];
  // An allowlist that leaves nothing for it to do.
  return (allowed ?? key.defaultAlgorithms).some((name) => key.algorithms.includes(name)) ? [key] : [];
}

/** The very same key twice means one thing. */
function withoutRepeats(keys: readonly TokenKey[]): readonly TokenKey[] {
  return keys.filter((key, index) => keys.findIndex((earlier) => isSame(earlier, key)) === index);
}

function isSame(one: TokenKey, other: TokenKey): boolean {
  return (
    one.kid === other.kid && one.algorithms.join() === other.algorithms.join() && one.keyObject.equals(other.keyObject)
  );
}
