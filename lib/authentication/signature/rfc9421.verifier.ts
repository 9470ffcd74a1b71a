/** Does one of the RFC 9421 signatures of a request hold, by a key that we know and over all that we ask for? */

import type { Item } from 'structured-headers';
import { SecurityError } from '../../core/errors.js';
import { checkContentDigest } from './content-digest.js';
import { ComponentReader, OF_SCHEME } from './message-component.js';
import { verifyBytes } from './request-algorithm.js';
import { checkAge } from './signature-age.js';
import { shortNameOf, signatureBase } from './signature-base.js';
import { checkCoverage } from './signature-coverage.js';
import { signaturesOf, type MessageSignature } from './signature-fields.js';
import type { KeysById, SignatureKey } from './signature-keys.js';
import type { SignaturePolicy } from './signature-policy.js';
import { refuseSignature } from './signature-refusal.js';
import { useOf } from './signature-use.js';
import type { PresentedSignature, VerifiedSignature } from './signature-verifier.js';
import type { SignedMessage } from './signed-message.js';

/** By keys that are known here. Whoever brings more makes us work before they have proved anything. */
const MOST_JUDGED = 3;

/** @throws SecurityError where none can hold, whoever signed it. */
export function presentedStandard(message: SignedMessage, policy: SignaturePolicy, nowMs: number): PresentedSignature {
  const signatures = signaturesOf(message).filter(({ parameters }) => parameters.keyid !== undefined);
  const reader = new ComponentReader(message);

  /** RFC 9421 §4.3: the first one that holds says who is calling. The others that hold are used up with it. */
  function judge(keys: KeysById): VerifiedSignature {
    const known = signatures.filter(({ parameters }) => (keys.get(parameters.keyid!) ?? []).length > 0);
    if (known.length > MOST_JUDGED) throw refuseSignature('signature_count');
    let refusal: Error | undefined;
    const holding: VerifiedSignature[] = [];
    for (const each of known) {
      try {
        holding.push(verifyOne(each, keys.get(each.parameters.keyid!)!, message, reader, policy, nowMs));
      } catch (error) {
        if (!(error instanceof SecurityError)) throw error;
        refusal ??= error;
      }
    }
    const [first] = holding;
    if (first === undefined) throw refusal ?? refuseSignature('signature_key_unknown');
    return { ...first, uses: holding.flatMap(({ uses }) => uses) };
  }
  return { keyIds: [...new Set(signatures.map(({ parameters }) => parameters.keyid!))], judge };
}

function verifyOne(
  { input, signature, parameters }: MessageSignature,
  keys: readonly SignatureKey[],
  message: SignedMessage,
  reader: ComponentReader,
  { required, tag, maxAgeMs, eitherScheme }: SignaturePolicy,
  nowMs: number,
): VerifiedSignature {
  const { created, expires, nonce, alg, keyid } = parameters;
  const untilMs = checkAge(created, maxAgeMs, nowMs);
  if (expires !== undefined && expires * 1000 <= nowMs) throw refuseSignature('signature_expired');
  if (tag !== undefined && parameters.tag !== tag) throw refuseSignature('signature_tag_mismatch');
  checkCoverage(input, required, message.body.length > 0);
  // RFC 9421 §3.2: the key knows its algorithm. What the message says may only agree.
  const candidates = keys.filter((key) => alg === undefined || alg === key.alg);
  if (candidates.length === 0) throw refuseSignature('signature_algorithm_mismatch');

  const matchOf = (base: string) => {
    const bytes = Buffer.from(base, 'latin1');
    const key = candidates.find(({ alg: own, keyObject }) => verifyBytes(own, keyObject, bytes, signature));
    return key && { key, base };
  };
  let match = matchOf(signatureBase(input, (component) => reader.valueOf(component)));
  if (match === undefined && eitherScheme && input[0].some(([name]) => OF_SCHEME.has(name))) {
    const other = message.scheme === 'https' ? 'http' : 'https';
    match = matchOf(signatureBase(input, (component) => reader.valueOf(component, other)));
  }
  if (match === undefined) throw refuseSignature('signature_mismatch');
  if (input[0].some(isContentDigest)) {
    checkContentDigest(message.fields.get('content-digest')!.join(', '), message.body);
  }
  // The base that the signature is of, and not one that we would have written: another spelling of the host makes no
  // second message of it. And not the signature's own bytes: of an ECDSA one anybody can make a second that holds as well.
  const use = useOf('rfc9421', keyid!, nonce ?? match.base, untilMs);
  const components = Object.freeze(input[0].map(shortNameOf));
  return { key: match.key, keyId: keyid!, components, created, tag: parameters.tag, uses: [use] };
}

/** With parameters (`;sf`, `;bs`, `;key`) as well: who signs any form of it means the body. */
function isContentDigest([name]: Item): boolean {
  return name === 'content-digest';
}
