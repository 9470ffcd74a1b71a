/** When are the keys of an issuer fetched again, and how long are old ones good? */

import { optionError } from '../../core/checks.js';

/** All in milliseconds. */
export interface KeySchedule {
  /** From this age on keys are fetched again, while the old ones are in use. */
  readonly refreshAfterMs: number;
  /** From this age on nobody uses them before they were asked for again. */
  readonly maxAgeMs: number;
  /** How much longer they are used where the issuer does not answer. */
  readonly staleIfErrorMs: number;
  /** At most one fetch for unknown keys, and one after a failure, in this time. */
  readonly cooldownMs: number;
}

/** All in seconds. */
export interface KeyScheduleOptions {
  /** How long fetched keys are used before they are fetched again. Default 600, 30 to 86_400. */
  readonly maxAge?: number;
  /** How much longer they are used where nobody answers. Default 3_600; 0 for not at all. */
  readonly staleIfError?: number;
  /** At most one fetch for unknown keys, and after failures, in this time. Default 30, 1 to 3_600. */
  readonly cooldown?: number;
}

/** @throws TypeError naming option, value and fix. */
export function checkKeySchedule(option: string, options: KeyScheduleOptions): KeySchedule {
  const maxAge = within(`${option}.maxAge`, options.maxAge ?? 600, 30, 86_400);
  const staleIfError = within(`${option}.staleIfError`, options.staleIfError ?? 3_600, 0, 86_400);
  const cooldown = within(`${option}.cooldown`, options.cooldown ?? 30, 1, 3_600);
  return Object.freeze({
    refreshAfterMs: maxAge * 800,
    maxAgeMs: maxAge * 1000,
    staleIfErrorMs: staleIfError * 1000,
    cooldownMs: cooldown * 1000,
  });
}

function within(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw optionError(option, value, `is not a number from ${least} to ${most}`, 'It is in seconds, not milliseconds.');
}
