/** May this API be asked to fetch the URL of a field? The class-validator rule for addresses that come from clients. */

import { ValidateBy, type ValidationOptions as ClassValidatorOptions } from 'class-validator';
import { checkKeys, checkPositiveInteger } from '../../core/checks.js';
import { urlRefusalDetail } from './url-refusal.js';
import { checkUrl, completeUrlPolicy, URL_POLICY_KEYS, type UrlPolicyOptions } from '../fetch/url-policy.js';

/** Spaces, backslashes and control characters are read in more than one way, and what is kept of a URL is its text. */
function isPlain(text: string): boolean {
  return /^https?:\/\/[^\s\\\p{Cc}]+$/iu.test(text);
}

export interface SafeUrlOptions extends UrlPolicyOptions {
  /** The longest text, in characters. Default 2048. */
  readonly maxLength?: number;
}

/**
 * An absolute https URL without credentials, on a usual port, whose host is a public name or address. Give it the lists
 * that `outbound` has: a rule does not know the module's options.
 *
 * It judges the text and asks no DNS: what a name points to is judged when it is dialled, by `SafeHttpClient`. A rule that
 * looked names up would tell clients which exist, and prove nothing about the next look-up.
 *
 * @param options Which URLs. @param validation class-validator's own: `{ each: true }` for a list of URLs.
 * @example
 * class LinkPreviewInput {
 *   \@SafeUrl() url!: string;
 * }
 * @throws TypeError naming option, value and fix, when the class is defined.
 */
export function SafeUrl(options: SafeUrlOptions = {}, validation?: ClassValidatorOptions): PropertyDecorator {
  checkKeys('SafeUrl', options, [...URL_POLICY_KEYS, 'maxLength']);
  const { maxLength = 2048, ...rest } = options;
  const longest = checkPositiveInteger('SafeUrl.maxLength', maxLength);
  const policy = completeUrlPolicy('SafeUrl', rest);

  const isSafe = (value: unknown): boolean => {
    if (typeof value !== 'string' || value.length > longest || !isPlain(value)) return false;
    try {
      checkUrl(value, policy);
      return true;
    } catch {
      return false;
    }
  };
  return ValidateBy(
    {
      name: 'safeUrl',
      validator: {
        validate: isSafe,
        // The same words for every reason: which of them it was is what somebody who probes wants to know.
        defaultMessage: (args) => urlRefusalDetail(args?.property ?? 'url'),
      },
    },
    validation,
  );
}
