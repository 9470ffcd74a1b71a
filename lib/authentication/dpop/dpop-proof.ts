/** Does this proof show that whoever sends the request holds the key (RFC 9449 §4.3)? */

import { hash } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, errors } from 'jose';
import { splitCompactJws } from '../jwt/compact-jws.js';
import type { JsonObject } from '../jwt/strict-json.js';
import type { TokenKey } from '../jwt/token-key.js';
import type { DpopAlgorithm } from './dpop.options.js';
import { asProof, importProofKey, readProofHeader, readProofPart, type ProofHeader } from './proof-header.js';
import { refuseProof } from './proof-refusal.js';
import { normalUri } from './target-uri.js';

/** What a proof has to be for, and made with. */
export interface ProofRule {
  readonly algorithms: readonly DpopAlgorithm[];
  readonly method: string;
  /** Is this origin, as `URL` writes it, one that clients see? */
  readonly isOurs: (origin: string, path: string) => boolean;
  /** Undefined: the proof comes without a token, and says nothing of one. */
  readonly accessToken: string | undefined;
  /** The thumbprint that the token is bound to. Undefined: whose key it is, is for somebody else to judge. */
  readonly thumbprint: string | undefined;
  readonly maxAgeMs: number;
  readonly toleranceMs: number;
}

/** A proof that holds. Whether it was seen before, and whether its nonce is ours, is not judged yet. */
export interface DpopProof {
  /** RFC 7638, SHA-256: what `cnf.jkt` has to be. */
  readonly thumbprint: string;
  /** `jti`: unique for this key. */
  readonly id: string;
  readonly issuedAtMs: number;
  /** When the proof is too old anyway: until then its id has to be remembered, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly nonce: string | undefined;
}

/** Where imported keys are kept: by a thumbprint that a token, verified before, is bound to. */
export interface KnownProofKeys {
  of(thumbprint: string, header: ProofHeader): TokenKey;
}

const UNKNOWN: KnownProofKeys = Object.freeze({
  of: (_thumbprint: string, header: ProofHeader) => importProofKey(header),
});

/**
 * Cheapest first, the signature last: whatever fails, the answer is the same.
 *
 * @throws SecurityError `invalid_token`, with the challenge `DPoP error="invalid_dpop_proof"`.
 */
export async function judgeProof(
  proof: unknown,
  rule: ProofRule,
  nowMs: number,
  keys: KnownProofKeys = UNKNOWN,
): Promise<DpopProof> {
  const parts = asProof(() => splitCompactJws(proof));
  const header = readProofHeader(parts.header, rule.algorithms);
  const judged = judgeProofClaims(readProofPart('claims', parts.payload), rule, nowMs);
  const thumbprint = await thumbprintOf(header);
  if (rule.thumbprint !== undefined && thumbprint !== rule.thumbprint) throw refuseProof('proof_of_another_key');
  const key = keys.of(thumbprint, header);
  try {
    await compactVerify(proof as string, await key.cryptoKey(header.alg), { algorithms: [header.alg] });
  } catch (error) {
    const isMismatch = error instanceof errors.JWSSignatureVerificationFailed;
    throw refuseProof(isMismatch ? 'proof_signature_mismatch' : 'proof_signature_unverifiable', error);
  }
  return Object.freeze({ thumbprint, ...judged });
}

function judgeProofClaims(claims: JsonObject, rule: ProofRule, nowMs: number): Omit<DpopProof, 'thumbprint'> {
  const { jti, htm, htu, iat, ath, nonce } = claims;
  if (typeof jti !== 'string' || jti === '') throw refuseProof('proof_id_missing');
  // RFC 9110 §9.1: methods are case-sensitive.
  if (htm !== rule.method) throw refuseProof('proof_for_another_method');
  const target = typeof htu === 'string' ? normalUri(htu) : undefined;
  if (target === undefined) throw refuseProof('proof_target_malformed');
  if (!rule.isOurs(target.origin, target.path)) throw refuseProof('proof_for_another_target');
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw refuseProof('proof_time_missing');
  const { maxAgeMs, toleranceMs } = rule;
  const issuedAtMs = iat * 1000;
  const expiresAtMs = issuedAtMs + maxAgeMs + toleranceMs;
  if (issuedAtMs > nowMs + toleranceMs) throw refuseProof('proof_of_the_future');
  if (nowMs >= expiresAtMs) throw refuseProof('proof_too_old');
  checkOwnTimes(claims, nowMs, toleranceMs);
  if (rule.accessToken === undefined) {
    if (ath !== undefined) throw refuseProof('proof_for_a_token');
  } else if (ath !== hash('sha256', rule.accessToken, 'base64url')) {
    throw refuseProof(ath === undefined ? 'proof_token_hash_missing' : 'proof_for_another_token');
  }
  if (nonce !== undefined && typeof nonce !== 'string') throw refuseProof('proof_nonce_not_a_string');
  return { id: jti, issuedAtMs, expiresAtMs, nonce };
}

/** RFC 7519 §4.1: proofs need neither, but what they say of themselves is binding. */
function checkOwnTimes({ exp, nbf }: JsonObject, nowMs: number, toleranceMs: number): void {
  for (const time of [exp, nbf]) {
    if (time !== undefined && (typeof time !== 'number' || !Number.isFinite(time)))
      throw refuseProof('proof_time_malformed');
  }
  if (exp !== undefined && nowMs >= Number(exp) * 1000 + toleranceMs) throw refuseProof('proof_expired');
  if (nbf !== undefined && nowMs < Number(nbf) * 1000 - toleranceMs) throw refuseProof('proof_not_yet_valid');
}

async function thumbprintOf({ jwk }: ProofHeader): Promise<string> {
  try {
    return await calculateJwkThumbprint(jwk, 'sha256');
  } catch (cause) {
    throw refuseProof('proof_key_unusable', cause);
  }
}
