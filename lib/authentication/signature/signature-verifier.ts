/** Who signed this request, and does the signature hold? Everything that is not the network or Nest. */

import { SecurityError } from '../../core/errors.js';
import { presentedHmac } from './hmac.verifier.js';
import { presentedStandard } from './rfc9421.verifier.js';
import type { KeysById, SignatureKey } from './signature-keys.js';
import type { SignaturePolicy } from './signature-policy.js';
import { refuseSignature } from './signature-refusal.js';
import type { SignatureUse } from './signature-use.js';
import type { SignedMessage } from './signed-message.js';

/** What a signature says of itself, and it holds: nobody but the holder of the key has said it. */
export interface RequestSignature {
  readonly keyId: string;
  /** What it covers. */
  readonly components: readonly string[];
  /** When it was made: Unix time, in seconds. Undefined where it does not say, and nobody asked. */
  readonly created: number | undefined;
  /** What it is for, where RFC 9421 says so. */
  readonly tag: string | undefined;
}

/** A signature that holds. It has not been looked up yet whether it was used before. */
export interface VerifiedSignature extends RequestSignature {
  readonly key: SignatureKey;
  /** To be claimed, every one of them. */
  readonly uses: readonly SignatureUse[];
}

/** What a request brings, read and not yet judged. */
export interface PresentedSignature {
  /** Whose keys are needed. */
  readonly keyIds: readonly string[];
  /** @throws SecurityError with the exact cause as its `reason`. */
  judge(keys: KeysById): VerifiedSignature;
}

/** @throws SecurityError with the exact cause as its `reason`. */
export function verifySignature(
  message: SignedMessage,
  policy: SignaturePolicy,
  nowMs: number,
): VerifiedSignature | Promise<VerifiedSignature> {
  const presented = presentedBy(message, policy, nowMs);
  const keys = policy.keys.find(presented.keyIds, nowMs);
  if (policy.keys.findAnew === undefined && !(keys instanceof Promise)) return presented.judge(keys);
  return judgeTwice(presented, policy, keys, nowMs);
}

function presentedBy(message: SignedMessage, policy: SignaturePolicy, nowMs: number): PresentedSignature {
  const { fields } = message;
  const isHmac = policy.profiles.includes('hmac') && fields.has('x-signature');
  const isStandard = policy.profiles.includes('rfc9421') && (fields.has('signature-input') || fields.has('signature'));
  // Which of two counts must not be for the message to say.
  if (isHmac && isStandard) throw refuseSignature('signatures_of_two_profiles');
  if (isHmac) return presentedHmac(message, policy, nowMs);
  if (isStandard) return presentedStandard(message, policy, nowMs);
  throw refuseSignature('no_signature');
}

const MAY_BE_A_NEW_KEY: ReadonlySet<string> = new Set(['signature_mismatch', 'signature_key_unknown']);

/** What is remembered of a signer may be older than their newest key. Then somebody is asked, and that is the last word. */
async function judgeTwice(
  presented: PresentedSignature,
  { keys: source }: SignaturePolicy,
  keys: KeysById | Promise<KeysById>,
  nowMs: number,
): Promise<VerifiedSignature> {
  try {
    return presented.judge(await keys);
  } catch (error) {
    if (!(error instanceof SecurityError) || !MAY_BE_A_NEW_KEY.has(error.reason)) throw error;
    const anew = source.findAnew?.(presented.keyIds, nowMs);
    if (anew === undefined) throw error;
    return presented.judge(await anew);
  }
}
