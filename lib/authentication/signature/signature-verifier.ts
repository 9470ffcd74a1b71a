/** Who signed this request, and does the signature hold? Everything that is not the network or Nest. */

import { createHash } from 'node:crypto';
import type { SpentStore } from '../../core/spent.store.js';
import { SecurityError } from '../../core/errors.js';
import { isThenable } from '../../core/thenable.js';
import { checkContentDigest } from './content-digest.js';
import { HMAC_COMPONENTS, hmacBase, parseHmacHeader } from './hmac-profile.js';
import { verifyBytes } from './request-algorithm.js';
import { signatureBase, identifierOf } from './signature-base.js';
import { checkCoverage } from './signature-coverage.js';
import { signaturesOf, type MessageSignature } from './signature-fields.js';
import type { KeysById, SignatureKey } from './signature-keys.js';
import { refuseSignature } from './signature-refusal.js';
import { authorityOf, type SignedMessage } from './signed-message.js';

export type SignatureProfile = 'hmac' | 'rfc9421';

export const SIGNATURE_PROFILES: readonly SignatureProfile[] = ['hmac', 'rfc9421'];

/** What a signature has to be, here. */
export interface SignaturePolicy {
  readonly keys: KeysById;
  readonly profiles: readonly SignatureProfile[];
  /** The components and parameters that RFC 9421 signatures have to cover. */
  readonly required: readonly string[];
  readonly maxAgeMs: number;
  /** Also tried with the other scheme: behind a proxy that ends TLS nobody knows which one the client used. */
  readonly eitherScheme?: boolean;
}

/** A signature that holds. It has not been looked up yet whether it was used before. */
export interface VerifiedSignature {
  readonly key: SignatureKey;
  readonly components: readonly string[];
  /** What makes this message one of a kind, and until when it could be sent again. */
  readonly nonce: string;
  readonly untilMs: number;
}

/** @throws SecurityError with the exact cause as its `reason`. */
export function verifySignature(message: SignedMessage, policy: SignaturePolicy, nowMs: number): VerifiedSignature {
  const { fields } = message;
  const isHmac = policy.profiles.includes('hmac') && fields.has('x-signature');
  const isStandard = policy.profiles.includes('rfc9421') && (fields.has('signature-input') || fields.has('signature'));
  // Which of two counts must not be for the message to say.
  if (isHmac && isStandard) throw refuseSignature('signatures_of_two_profiles');
  if (isHmac) return verifyHmac(message, policy, nowMs);
  if (isStandard) return verifyStandard(message, policy, nowMs);
  throw refuseSignature('no_signature');
}

/** Claims what makes the message one of a kind. @throws SecurityError when it was used before, or nobody can tell. */
export function claimNonce(
  { nonce, untilMs }: VerifiedSignature,
  nonces: SpentStore,
  nowMs: number,
): void | Promise<void> {
  const judge = (isFirst: boolean): void => {
    if (!isFirst) throw refuseSignature('signature_replayed');
  };
  const fail = (cause: unknown): never => {
    throw new SecurityError('unavailable', { reason: 'nonce_store_failed', cause });
  };
  let claimed: boolean | Promise<boolean>;
  try {
    claimed = nonces.spend(nonce, untilMs, nowMs);
  } catch (cause) {
    return fail(cause);
  }
  return isThenable(claimed) ? Promise.resolve(claimed).then(judge, fail) : judge(claimed);
}

function verifyHmac(message: SignedMessage, { keys, maxAgeMs }: SignaturePolicy, nowMs: number): VerifiedSignature {
  const { time, nonce, keyId, signature } = parseHmacHeader(message.fields.get('x-signature')!);
  const untilMs = checkAge(time, maxAgeMs, nowMs);
  const candidates = (keys.get(keyId) ?? []).filter(({ alg }) => alg === 'hmac-sha256');
  if (candidates.length === 0) throw refuseSignature('signature_key_unknown');
  const base = hmacBase(message, time, nonce);
  const key = candidates.find(({ keyObject }) => verifyBytes('hmac-sha256', keyObject, base, signature));
  if (key === undefined) throw refuseSignature('signature_mismatch');
  return { key, components: HMAC_COMPONENTS, nonce: nonceId('hmac', keyId, nonce), untilMs };
}

/** RFC 9421 §4.3: of several signatures one has to be by a key that we know, and to hold in full. */
function verifyStandard(message: SignedMessage, policy: SignaturePolicy, nowMs: number): VerifiedSignature {
  let refusal: Error | undefined;
  for (const each of signaturesOf(message)) {
    if (!policy.keys.has(each.parameters.keyid ?? '')) continue;
    try {
      return verifyOne(each, message, policy, nowMs);
    } catch (error) {
      if (!(error instanceof SecurityError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? refuseSignature('signature_key_unknown');
}

function verifyOne(
  { input, signature, parameters }: MessageSignature,
  message: SignedMessage,
  { keys, required, maxAgeMs, eitherScheme = false }: SignaturePolicy,
  nowMs: number,
): VerifiedSignature {
  const { created, expires, nonce, alg, keyid } = parameters;
  const untilMs = checkAge(created, maxAgeMs, nowMs);
  if (expires !== undefined && expires * 1000 <= nowMs) throw refuseSignature('signature_expired');
  checkCoverage(input, required, message.body.length > 0);
  // RFC 9421 §3.2: the key knows its algorithm. What the message says may only agree.
  const candidates = keys.get(keyid!)!.filter((key) => alg === undefined || alg === key.alg);
  if (candidates.length === 0) throw refuseSignature('signature_algorithm_mismatch');
  const base = signatureBase(input, { message });
  const bases = eitherScheme ? [base, signatureBase(input, { message: withOtherScheme(message) })] : [base];
  const key = candidates.find(({ alg: own, keyObject }) =>
    bases.some((text) => verifyBytes(own, keyObject, Buffer.from(text, 'latin1'), signature)),
  );
  if (key === undefined) throw refuseSignature('signature_mismatch');
  const components = input[0].map(identifierOf);
  if (components.includes('"content-digest"')) {
    checkContentDigest(message.fields.get('content-digest')!.join(', '), message.body);
  }
  // Not the signature's own bytes: of an ECDSA one anybody can make a second that holds as well.
  const unique = nonce ?? createHash('sha256').update(base, 'latin1').digest('base64url');
  return { key, components: components.map(bare), nonce: nonceId('rfc9421', keyid!, unique), untilMs };
}

/** @returns until when the message could be sent again. */
function checkAge(created: number | undefined, maxAgeMs: number, nowMs: number): number {
  if (created === undefined) {
    if (maxAgeMs === Infinity) return Infinity;
    throw refuseSignature('not_covered: created');
  }
  if (nowMs - created * 1000 > maxAgeMs) throw refuseSignature('signature_too_old');
  if (created * 1000 - nowMs > maxAgeMs) throw refuseSignature('signature_from_the_future');
  return created * 1000 + maxAgeMs + 1;
}

function withOtherScheme(message: SignedMessage): SignedMessage {
  const scheme = message.scheme === 'https' ? 'http' : 'https';
  return { ...message, scheme, authority: authorityOf(message.fields.get('host')?.[0] ?? message.authority, scheme) };
}

function nonceId(profile: SignatureProfile, keyId: string, nonce: string): string {
  return createHash('sha256')
    .update(JSON.stringify([profile, keyId, nonce]))
    .digest('base64url');
}

/** `"@method"` → `@method`; with parameters it stays as it is written. */
function bare(identifier: string): string {
  return /^"[^"]*"$/.test(identifier) ? identifier.slice(1, -1) : identifier;
}
