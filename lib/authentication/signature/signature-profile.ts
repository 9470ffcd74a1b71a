/** In which of the two ways may a request be signed here? */

import { checkOneOf, optionError } from '../../core/checks.js';

/** `rfc9421`: HTTP Message Signatures. `hmac`: the one header of webhook senders, `X-Signature`. */
export type SignatureProfile = 'hmac' | 'rfc9421';

export const SIGNATURE_PROFILES: readonly SignatureProfile[] = ['hmac', 'rfc9421'];

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
