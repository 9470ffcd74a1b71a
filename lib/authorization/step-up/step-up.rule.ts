/** Is a caller's login recent and strong enough, and what are they told where it is not (RFC 9470)? */

import { checkKeys, checkPositive, checkTextList, optionError } from '../../core/checks.js';
import { SecurityError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';

export interface StepUpOptions {
  /** How long ago the caller may have proved who they are (`auth_time`), in seconds. Default: however long. */
  readonly maxAge?: number;
  /** Ways of proving it, all of which must have been used (`amr`, RFC 8176): `['otp']`. Default: any. */
  readonly amr?: readonly string[];
  /** Strengths in the issuer's own terms, one of which is needed (`acr`). Default: any. */
  readonly acr?: string | readonly string[];
}

/** Options, checked. */
export interface StepUpRule {
  readonly maxAgeMs: number;
  readonly amr: readonly string[];
  readonly acr: readonly string[];
  /** What a refusal carries, made once. */
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** By how much the issuer's clock may be ahead of ours. */
const CLOCK_SKEW_MS = 60_000;

/** RFC 9470 §3: `acr_values` is a list with spaces between, in a quoted string. */
const QUOTABLE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** @throws TypeError when nothing is asked for, or an option makes no sense. */
export function stepUpRule(where: string, options: StepUpOptions): StepUpRule {
  checkKeys(where, options, ['maxAge', 'amr', 'acr']);
  const { maxAge } = options;
  const amr = options.amr === undefined ? [] : checkTextList(`${where}.amr`, options.amr, "Use e.g. ['otp'].");
  const acr = checkAcr(`${where}.acr`, options.acr);
  if (maxAge !== undefined) checkPositive(`${where}.maxAge`, maxAge, 'Use seconds, e.g. 300.');
  if (maxAge === undefined && amr.length === 0 && acr.length === 0) {
    throw new TypeError(`${where}: asks for nothing. Use e.g. { maxAge: 300, amr: ['otp'] }.`);
  }
  return Object.freeze({
    maxAgeMs: maxAge === undefined ? Infinity : maxAge * 1000,
    amr,
    acr,
    headers: Object.freeze({ 'WWW-Authenticate': challengeOf(maxAge, acr) }),
    // What the header has no parameter for: a client must know which factor to ask its user for.
    extensions: Object.freeze({
      ...(maxAge !== undefined && { max_age: maxAge }),
      ...(amr.length > 0 && { amr_values: amr }),
      ...(acr.length > 0 && { acr_values: acr }),
    }),
  });
}

/** What is missing, for the log. Undefined: nothing is. What a credential does not say, it has not got. */
export function missingStrength(principal: Principal, rule: StepUpRule, nowMs: number): string | undefined {
  const { authTimeMs, amr = [], acr } = principal;
  if (rule.acr.length > 0 && (acr === undefined || !rule.acr.includes(acr))) return 'acr_insufficient';
  const factor = rule.amr.find((each) => !amr.includes(each));
  if (factor !== undefined) return `amr_missing: ${factor}`;
  if (rule.maxAgeMs === Infinity) return undefined;
  if (authTimeMs === undefined) return 'auth_time_missing';
  if (authTimeMs > nowMs + CLOCK_SKEW_MS) return 'auth_time_in_future';
  return nowMs - authTimeMs > rule.maxAgeMs ? 'login_too_old' : undefined;
}

export function insufficientLogin(rule: StepUpRule, reason: string): SecurityError {
  const { headers, extensions } = rule;
  return new SecurityError('insufficient_user_authentication', { reason, headers, extensions });
}

export function inWordsOf({ maxAgeMs, amr, acr }: StepUpRule): string {
  const parts = [
    ...(amr.length > 0 ? [`by ${amr.join(' and ')}`] : []),
    ...(acr.length > 0 ? [`of ${acr.join(' or ')}`] : []),
    ...(maxAgeMs === Infinity ? [] : [`at most ${maxAgeMs / 1000} s ago`]),
  ];
  return `a login ${parts.join(', ')}`;
}

function challengeOf(maxAge: number | undefined, acr: readonly string[]): string {
  const parameters = [
    'error="insufficient_user_authentication"',
    ...(acr.length > 0 ? [`acr_values="${acr.join(' ')}"`] : []),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ];
  return `Bearer ${parameters.join(', ')}`;
}

function checkAcr(option: string, value: StepUpOptions['acr']): readonly string[] {
  if (value === undefined) return [];
  const list = checkTextList(
    option,
    typeof value === 'string' ? [value] : value,
    "Use e.g. 'urn:mace:incommon:iap:silver'.",
  );
  const bad = list.find((entry) => !QUOTABLE.test(entry));
  if (bad === undefined) return list;
  throw optionError(
    option,
    bad,
    'cannot stand in a challenge',
    'Use visible ASCII without spaces, quotes and backslashes.',
  );
}
