/** What does one signature say of itself, that the next one by the same key says otherwise? */

import { randomBytes } from 'node:crypto';
import { checkText, optionError } from '../../core/checks.js';
import { systemClock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';

export interface SigningMoment {
  /** Unix time, in seconds. Default: now. */
  readonly created?: number | undefined;
  /** Unix time, in seconds. RFC 9421 only. Default none. */
  readonly expires?: number | undefined;
  /** Makes the message one of a kind. Default: 16 random bytes. */
  readonly nonce?: string | undefined;
}

const LATEST_S = 99_999_999_999;

/** @throws TypeError for what is no Unix time in seconds. */
export function createdOf(where: string, { created }: SigningMoment): number {
  return checkTime(`${where}.created`, created ?? Math.floor(systemClock.now() / 1000));
}

/** @throws TypeError for what is no Unix time in seconds. */
export function checkTime(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= LATEST_S) return value;
  throw optionError(option, value, 'is no Unix time in seconds', 'Use Math.floor(milliseconds / 1000).');
}

/** @throws TypeError for one that the header cannot hold. */
export function nonceOf(where: string, { nonce }: SigningMoment, fits: (text: string) => boolean): string {
  if (nonce === undefined) return randomBytes(16).toString('base64url');
  return checkWritable(`${where}.nonce`, nonce, fits);
}

/** @throws TypeError for a text that the header cannot hold. */
export function checkWritable(option: string, value: string, fits: (text: string) => boolean): string {
  if (fits(checkText(option, value))) return value;
  throw optionError(option, value, 'holds what its header cannot', 'Use printable ASCII, without spaces and commas.');
}

/** What cannot be signed is a mistake of whoever signs, never a refusal of whoever called them. */
export function orMistake<T>(make: () => T, mistake: (reason: string) => TypeError): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof SecurityError ? mistake(error.reason) : error;
  }
}
