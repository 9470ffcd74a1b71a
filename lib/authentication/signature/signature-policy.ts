/** What has a signature to be, here? Checked and completed once, for the app, for a route or for a verifier. */

import { checkText, optionError } from '../../core/checks.js';
import { restrictedTo, type KeySource } from './key-source.js';
import { checkRequired, DEFAULT_REQUIRED, type RequiredCoverage } from './required-coverage.js';
import { checkProfiles, type SignatureProfile } from './signature-profile.js';

export interface SignaturePolicy {
  readonly keys: KeySource;
  readonly profiles: readonly SignatureProfile[];
  /** What RFC 9421 signatures have to cover. */
  readonly required: RequiredCoverage;
  /** The use that an RFC 9421 signature has to be for. Undefined: any, or none. */
  readonly tag: string | undefined;
  readonly maxAgeMs: number;
  /** Also tried with the other scheme: behind a proxy that ends TLS nobody knows which one the client used. */
  readonly eitherScheme: boolean;
}

/** The part of a policy that every place may say for itself. */
export interface PolicyInput {
  readonly profile?: SignatureProfile | readonly SignatureProfile[];
  readonly required?: readonly string[];
  readonly tag?: string;
}

/** @throws TypeError naming the option. */
export function resolvePolicy(
  option: string,
  input: PolicyInput,
  rest: Pick<SignaturePolicy, 'keys' | 'maxAgeMs' | 'eitherScheme'>,
): SignaturePolicy {
  const tag = input.tag === undefined ? undefined : checkTag(`${option}.tag`, input.tag);
  // The HMAC profile has no tags: where one is asked for, it does not count unless somebody says so, and then it is a mistake.
  const profiles = checkProfiles(`${option}.profile`, input.profile ?? (tag === undefined ? undefined : 'rfc9421'));
  refuseTaggedHmac(option, profiles, tag);
  const required = checkRequired(`${option}.required`, input.required ?? DEFAULT_REQUIRED);
  return Object.freeze({ ...rest, profiles, required, tag });
}

/** What a route says goes before what the app says. @throws TypeError naming the option. */
export function narrowedPolicy(
  option: string,
  { keys, ...input }: PolicyInput & { readonly keys?: readonly string[] | undefined },
  app: SignaturePolicy,
): SignaturePolicy {
  const tag = input.tag === undefined ? app.tag : checkTag(`${option}.tag`, input.tag);
  const isNewlyTagged = tag !== undefined && app.tag === undefined;
  const inherited = isNewlyTagged ? app.profiles.filter((each) => each !== 'hmac') : app.profiles;
  const profiles = input.profile === undefined ? inherited : checkProfiles(`${option}.profile`, input.profile);
  refuseTaggedHmac(option, profiles, tag);
  return Object.freeze({
    ...app,
    keys: keys === undefined ? app.keys : restrictedTo(`${option}.keys`, app.keys, keys),
    profiles,
    required: input.required === undefined ? app.required : checkRequired(`${option}.required`, input.required),
    tag,
  });
}

function refuseTaggedHmac(option: string, profiles: readonly SignatureProfile[], tag: string | undefined): void {
  if (tag === undefined || (profiles.length > 0 && !profiles.includes('hmac'))) return;
  throw optionError(`${option}.tag`, tag, 'does not go with the HMAC profile', "Use profile: 'rfc9421'.");
}

/** RFC 9421 §2.3: a string, in ASCII. */
export function checkTag(option: string, tag: unknown): string {
  const text = checkText(option, tag);
  if (/^[\x20-\x7e]+$/.test(text)) return text;
  throw optionError(option, tag, 'holds more than printable ASCII', 'Use e.g. "hooks".');
}
