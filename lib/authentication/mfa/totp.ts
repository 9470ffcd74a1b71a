/** Which code does an authenticator app show at this moment (RFC 6238)? */

import { createRequire } from 'node:module';
import { optionError } from '../../core/checks.js';
import { equalSecrets } from '../../core/secrets.js';

export interface TotpInit {
  /** The shared secret: bytes, or base32 text in either case, with or without spaces and padding. */
  readonly secret: string | Uint8Array;
  /** The moment, in milliseconds since the epoch. */
  readonly now: number;
  /** How long a code stands, in seconds. Default 30. */
  readonly step?: number;
  /** Digits of a code: 6, 7 or 8. Default 6. */
  readonly digits?: 6 | 7 | 8;
  /** `SHA1` (default, what every app understands), `SHA256` or `SHA512`, in either spelling and case: `sha-256`. */
  readonly algorithm?: string;
}

/** How long a code stands, in seconds: what every authenticator app assumes. */
export const STEP_S = 30;

const ALGORITHMS = { sha1: 'sha1', sha256: 'sha256', sha512: 'sha512' } as const;

/** RFC 4226 §4 R6 asks for 128 bits. Published examples have fewer, and a code can be computed from any. */
const SHORTEST_SECRET = 1;

/**
 * The code of the moment.
 *
 * @example
 * totp({ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', now: 59_000, digits: 8 }) // '94287082'
 * @throws TypeError for a secret that is empty or no base32, a negative moment, and options that make no sense.
 */
export function totp({ secret, now, step = STEP_S, digits = 6, algorithm = 'SHA1' }: TotpInit): string {
  if (!Number.isFinite(now) || now < 0)
    throw optionError('totp.now', now, 'is no moment', 'Use milliseconds since 1970.');
  if (!Number.isSafeInteger(step) || step <= 0)
    throw optionError('totp.step', step, 'is no step', 'Use whole seconds.');
  if (![6, 7, 8].includes(digits)) throw optionError('totp.digits', digits, 'is out of range', 'Use 6, 7 or 8.');
  const name = ALGORITHMS[algorithm.toLowerCase().replace('-', '') as keyof typeof ALGORITHMS];
  if (name === undefined) {
    throw optionError('totp.algorithm', algorithm, 'is not an algorithm of RFC 6238', 'Use SHA1, SHA256 or SHA512.');
  }
  const { generateSync, createGuardrails } = loadOtplib();
  const bytes = typeof secret === 'string' ? fromBase32(secret) : secret;
  if (bytes.length === 0) throw new TypeError('totp.secret: is empty. Use 20 random bytes.');
  return generateSync({
    secret: bytes,
    epoch: now / 1000,
    period: step,
    digits,
    algorithm: name,
    guardrails: createGuardrails({ MIN_SECRET_BYTES: SHORTEST_SECRET, MIN_PERIOD: 1, MAX_PERIOD: step }),
  });
}

/** The number of the step that a moment falls in. */
export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / (STEP_S * 1000));
}

/**
 * The step whose code this is: the current one, the one before or the one after. Undefined: none of them.
 *
 * A deviation, stated: ASVS 6.5.5 asks for 30 seconds, and this accepts up to 90, for clocks that are not quite right
 * (RFC 6238 §5.2). The code of a step is good once, so that the longer time helps nobody who overhears one.
 */
export function matchingStep(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const current = stepAt(nowMs);
  let found: number | undefined;
  // All three are computed whatever matches: the time taken says nothing.
  for (const step of [current + 1, current - 1, current]) {
    if (step >= 0 && equalSecrets(totp({ secret, now: step * STEP_S * 1000 }), code)) found = step;
  }
  return found;
}

/** Base32 without padding (RFC 4648 §6), as people type it into an app. */
export function toBase32(bytes: Uint8Array): string {
  const { ScureBase32Plugin } = loadOtplib();
  return new ScureBase32Plugin().encode(bytes, { padding: false });
}

function fromBase32(text: string): Uint8Array {
  const { ScureBase32Plugin } = loadOtplib();
  try {
    return new ScureBase32Plugin().decode(text.replaceAll(/[\s=]/g, '').toUpperCase());
  } catch {
    // Not its message, which quotes the secret.
    throw new TypeError('totp.secret: is no base32 text. Use the letters A to Z and the digits 2 to 7, or bytes.');
  }
}

type Otplib = typeof import('otplib');

/** Read when the first code is computed: apps without second factors start without it. */
export function loadOtplib(): Otplib {
  return createRequire(import.meta.url)('otplib') as Otplib;
}
