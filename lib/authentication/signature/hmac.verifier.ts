/** Does the signature of an `X-Signature` header hold? */

import { HMAC_COMPONENTS, hmacBase, parseHmacHeader } from './hmac-profile.js';
import { verifyBytes } from './request-algorithm.js';
import { checkAge } from './signature-age.js';
import type { KeysById } from './signature-keys.js';
import type { SignaturePolicy } from './signature-policy.js';
import { refuseSignature } from './signature-refusal.js';
import { useOf } from './signature-use.js';
import type { PresentedSignature, VerifiedSignature } from './signature-verifier.js';
import type { SignedMessage } from './signed-message.js';

/** @throws SecurityError where it cannot hold, whoever signed it. */
export function presentedHmac(
  message: SignedMessage,
  { keys: source, maxAgeMs }: SignaturePolicy,
  nowMs: number,
): PresentedSignature {
  const { time, nonce, signatures, keyId: named } = parseHmacHeader(message.fields.get('x-signature')!);
  // Most senders of webhooks know one secret and no name for it. With one id here, it can be no other.
  const keyId = named ?? (source.ids?.length === 1 ? source.ids[0] : undefined);
  if (keyId === undefined) throw refuseSignature('signature_header_incomplete');
  const created = Number(time);
  const untilMs = checkAge(created, maxAgeMs, nowMs);

  function judge(keys: KeysById): VerifiedSignature {
    const candidates = (keys.get(keyId!) ?? []).filter(({ alg }) => alg === 'hmac-sha256');
    if (candidates.length === 0) throw refuseSignature('signature_key_unknown');
    const base = hmacBase(message, time, nonce);
    const key = candidates.find(({ keyObject }) =>
      signatures.some((signature) => verifyBytes('hmac-sha256', keyObject, base, signature)),
    );
    if (key === undefined) throw refuseSignature('signature_mismatch');
    const uses = [useOf('hmac', key.id, nonce, untilMs)];
    return { key, keyId: key.id, components: HMAC_COMPONENTS, created, tag: undefined, uses };
  }
  return { keyIds: [keyId], judge };
}
