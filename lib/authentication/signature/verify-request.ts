/** Is this request signed by somebody we know? For whoever verifies outside of Nest. */

import { checkKeys, checkOneOf, optionError } from '../../core/checks.js';
import { systemClock } from '../../core/clock.js';
import type { SpentStore } from '../../core/spent.store.js';
import { checkRequired, DEFAULT_REQUIRED } from './signature-coverage.js';
import { importSignatureKeys, type SignatureKeyInput } from './signature-keys.js';
import { refuseSignature } from './signature-refusal.js';
import { claimNonce, SIGNATURE_PROFILES, verifySignature, type SignatureProfile } from './signature-verifier.js';
import { readMessage, type SignableRequest, type SignedMessage } from './signed-message.js';

export interface VerifyRequestOptions {
  /** Whose signatures are good. Several keys with one id are all tried. */
  readonly keys: readonly SignatureKeyInput[];
  /** Default: both. */
  readonly profile?: SignatureProfile | readonly SignatureProfile[];
  /**
   * What an RFC 9421 signature has to cover: components (`@method`, `content-type`, `"@query-param";name="id"`) and
   * parameters (`created`, `expires`, `nonce`, `tag`). Default `['@method', '@target-uri', 'content-digest', 'created']`.
   */
  readonly required?: readonly string[];
  /** How far the time of signing may be from now, either way, in milliseconds. Default 300_000: five minutes. */
  readonly maxAgeMs?: number;
  /** What time it is, in milliseconds since the epoch. Default: the system's clock. */
  readonly now?: number | (() => number);
  /** Remembers what was used. Default none: then the same message holds again until it is too old. */
  readonly nonces?: SpentStore;
}

export interface RequestSignature {
  readonly keyId: string;
  /** What the signature covers. */
  readonly components: readonly string[];
}

const OPTION = 'verifyRequestSignature';
const KEYS = ['keys', 'profile', 'required', 'maxAgeMs', 'now', 'nonces'];

/**
 * Judges the signature of a request, of either profile (RFC 9421, or `X-Signature`).
 *
 * @throws SecurityError (the promise rejects) with the exact cause as its `reason`; TypeError for a mistake in an option.
 * @example
 * const { keyId } = await verifyRequestSignature({ method, url, headers, body }, { keys: [{ id: 'shop', secret }] });
 */
export async function verifyRequestSignature(
  request: SignableRequest,
  options: VerifyRequestOptions,
): Promise<RequestSignature> {
  checkKeys(OPTION, options, KEYS);
  const { now = () => systemClock.now(), nonces, maxAgeMs = 300_000 } = options;
  if (typeof maxAgeMs !== 'number' || !(maxAgeMs > 0)) {
    throw optionError(`${OPTION}.maxAgeMs`, maxAgeMs, 'is not a positive number', 'Use milliseconds, e.g. 300_000.');
  }
  const nowMs = typeof now === 'function' ? now() : now;
  const policy = {
    keys: importSignatureKeys(`${OPTION}.keys`, options.keys),
    profiles: checkProfiles(`${OPTION}.profile`, options.profile),
    required: checkRequired(`${OPTION}.required`, options.required ?? DEFAULT_REQUIRED),
    maxAgeMs,
  };
  const verified = verifySignature(messageFrom(request), policy, nowMs);
  if (nonces !== undefined) await claimNonce(verified, nonces, nowMs);
  return { keyId: verified.key.id, components: verified.components };
}

/** @throws TypeError naming the option. */
export function checkProfiles(
  option: string,
  profile: SignatureProfile | readonly SignatureProfile[] = SIGNATURE_PROFILES,
): readonly SignatureProfile[] {
  const profiles = (typeof profile === 'string' ? [profile] : profile) as readonly SignatureProfile[];
  if (!Array.isArray(profiles) || profiles.length === 0) {
    throw optionError(option, profile, 'is no profile', `Use "${SIGNATURE_PROFILES.join('" or "')}".`);
  }
  return Object.freeze(profiles.map((each) => checkOneOf(option, each, SIGNATURE_PROFILES)));
}

/** A target that no client of ours would send is a refusal here, not a mistake of the developer. */
function messageFrom(request: SignableRequest): SignedMessage {
  try {
    return readMessage(request);
  } catch (error) {
    if (typeof request?.body === 'object' && request.body !== null && !(request.body instanceof Uint8Array))
      throw error;
    throw refuseSignature('request_malformed', error);
  }
}
