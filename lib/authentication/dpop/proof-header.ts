/** Which key does a proof say it is signed with, and how? Nothing of it is proven yet. */

import type { JWK } from 'jose';
import { SecurityError } from '../../core/errors.js';
import { importPublicKey } from '../jwt/key-import.js';
import { isSignatureAlgorithm } from '../jwt/signature-algorithm.js';
import { readStrictJson, type JsonObject } from '../jwt/strict-json.js';
import type { TokenKey } from '../jwt/token-key.js';
import type { DpopAlgorithm } from './dpop.options.js';
import { refuseProof } from './proof-refusal.js';

export interface ProofHeader {
  readonly alg: DpopAlgorithm;
  readonly jwk: JWK;
}

/** Whoever sends a proof picks the key, and we pay for checking it. */
const MOST_RSA_BITS = 4096;

/** RFC 7518 §6.2.2, §6.3.2 and §6.4.1. RFC 9449 §4.3 no. 7: the key must not be private. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** @throws SecurityError `invalid_token`, for everything that RFC 9449 §4.2 does not ask for. */
export function readProofHeader(encoded: string, algorithms: readonly DpopAlgorithm[]): ProofHeader {
  const { typ, alg, jwk, ...rest } = readProofPart('header', encoded);
  // RFC 8725 §3.11: no other kind of token passes for a proof.
  if (typ !== 'dpop+jwt') throw refuseProof('proof_type_not_allowed');
  if ('crit' in rest) throw refuseProof('proof_critical_header');
  if ('b64' in rest) throw refuseProof('proof_unencoded_payload');
  if (!isSignatureAlgorithm(alg)) throw refuseProof('proof_algorithm_unknown');
  const allowed = algorithms.find((name) => name === alg);
  if (allowed === undefined) throw refuseProof('proof_algorithm_not_allowed');
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw refuseProof('proof_key_missing');
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) throw refuseProof('proof_key_not_public');
  return { alg: allowed, jwk };
}

/** The key, held to what is asked of every key here: RSA of 2048 bits, a point on its curve, a use that is not another one. */
export function importProofKey({ alg, jwk }: ProofHeader): TokenKey {
  let key: TokenKey;
  try {
    key = importPublicKey('proof.jwk', jwk);
  } catch (cause) {
    throw refuseProof('proof_key_unusable', cause);
  }
  const { modulusLength = 0 } = key.keyObject.asymmetricKeyDetails ?? {};
  if (modulusLength > MOST_RSA_BITS) throw refuseProof('proof_key_too_large');
  if (!key.algorithms.includes(alg)) throw refuseProof('proof_algorithm_does_not_fit_key');
  return key;
}

/** @throws SecurityError for a part that is not one strict JSON object; in the words of a proof. */
export function readProofPart(part: 'header' | 'claims', encoded: string): JsonObject {
  return asProof(() => readStrictJson(part, encoded));
}

/** What is refused of a token is refused of a proof, which is told apart by its challenge. */
export function asProof<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SecurityError ? refuseProof(`proof_${error.reason}`, error.cause) : error;
  }
}
