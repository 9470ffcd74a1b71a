/** How are sensitive flows configured? */

import { randomBytes } from 'node:crypto';
import { checkBoolean, checkKeys, checkPositiveInteger, checkText, optionError } from '../../core/checks.js';
import type { Environment } from '../../core/environment.js';
import type { CaptchaVerifier } from './captcha.verifier.js';
import { idempotencySettings, type IdempotencyOptions, type IdempotencySettings } from './idempotency.options.js';
import type { SpentStore } from '../../core/spent.store.js';

export interface FlowsOptions {
  /** Who judges captchas: `turnstile()`, `hCaptcha()`, `reCaptcha()` or your own. Default: proof of work, no third party. */
  readonly captcha?: CaptchaVerifier;
  /** The work of a proof of work, in leading zero bits: each one doubles it. 1 to 28. Default 18, about a second. */
  readonly difficulty?: number;
  /** How long a proof-of-work challenge is good, in milliseconds. Default 300_000: five minutes. */
  readonly challengeTtlMs?: number;
  /** How long a form may stay open with its ticket, in milliseconds. Default 3_600_000: an hour. */
  readonly ticketTtlMs?: number;
  /**
   * Signs challenges and tickets: at least 32 bytes, the same in every process. Default: the environment variable
   * `BULWARK_FLOW_SECRET`; in development a fresh one. In production a flow that needs it does not boot without.
   */
  readonly secret?: string | Uint8Array;
  /** Where used challenges and tickets are remembered. Default: in this process's memory. */
  readonly spent?: SpentStore;
  /** How answers are kept for `idempotencyKey`. */
  readonly idempotency?: IdempotencyOptions;
  /** What holds for flows that do not say. */
  readonly defaults?: FlowDefaults;
}

export interface FlowDefaults {
  /** Default false. */
  readonly captcha?: boolean;
  /** In milliseconds. Default none. */
  readonly minHumanMs?: number;
}

export interface FlowsSettings {
  readonly captcha: CaptchaVerifier | undefined;
  readonly difficulty: number;
  readonly challengeTtlMs: number;
  readonly ticketTtlMs: number;
  readonly secret: Uint8Array | undefined;
  readonly spent: SpentStore | undefined;
  readonly idempotency: IdempotencySettings;
  readonly defaults: { readonly captcha: boolean; readonly minHumanMs: number | undefined };
}

export const FLOWS = Symbol('bulwark:flows');

const WHERE = 'security.flows';
const KEYS = ['captcha', 'difficulty', 'challengeTtlMs', 'ticketTtlMs', 'secret', 'spent', 'idempotency', 'defaults'];
const SECRET_VARIABLE = 'BULWARK_FLOW_SECRET';
const MIN_SECRET_BYTES = 32;
/** The client counts leading zeros in one word of 32 bits, and 2^28 hashes are minutes of a phone already. */
const MAX_DIFFICULTY = 28;

/** @throws TypeError naming option, value and fix. */
export function flowsSettings(input: FlowsOptions = {}, environment: Environment): FlowsSettings {
  checkKeys(WHERE, input, KEYS);
  const { captcha, spent, defaults } = input;
  if (captcha !== undefined && typeof captcha?.verify !== 'function') {
    throw optionError(
      `${WHERE}.captcha`,
      captcha,
      'is no captcha verifier',
      'Use e.g. turnstile({ secret, hostnames }).',
    );
  }
  if (captcha !== undefined) checkText(`${WHERE}.captcha.kind`, captcha.kind, 'Name what clients bring: "turnstile".');
  if (spent !== undefined && typeof spent?.spend !== 'function') {
    throw optionError(`${WHERE}.spent`, spent, 'is no spent store', 'Use an object with spend(id, untilMs, nowMs).');
  }
  const difficulty = checkPositiveInteger(`${WHERE}.difficulty`, input.difficulty ?? 18);
  if (difficulty > MAX_DIFFICULTY) {
    throw optionError(`${WHERE}.difficulty`, difficulty, `is over ${MAX_DIFFICULTY} bits`, 'Use 16 to 20.');
  }
  checkKeys(`${WHERE}.defaults`, defaults, ['captcha', 'minHumanMs']);
  const minHumanMs = defaults?.minHumanMs;
  return Object.freeze({
    captcha,
    difficulty,
    challengeTtlMs: checkPositiveInteger(`${WHERE}.challengeTtlMs`, input.challengeTtlMs ?? 300_000),
    ticketTtlMs: checkPositiveInteger(`${WHERE}.ticketTtlMs`, input.ticketTtlMs ?? 3_600_000),
    secret: secretFrom(input.secret, environment),
    spent,
    idempotency: idempotencySettings(input.idempotency),
    defaults: Object.freeze({
      captcha: checkBoolean(`${WHERE}.defaults.captcha`, defaults?.captcha ?? false),
      minHumanMs: minHumanMs && checkPositiveInteger(`${WHERE}.defaults.minHumanMs`, minHumanMs),
    }),
  });
}

/** @throws TypeError when there is none: in production nobody makes one up, because other processes would not know it. */
export function secretOf({ secret }: FlowsSettings, who = 'A flow ticket'): Uint8Array {
  if (secret !== undefined) return secret;
  throw new TypeError(
    `${WHERE}.secret: ${who} has to be signed, and there is no secret. Set ${SECRET_VARIABLE} to at least ` +
      `${MIN_SECRET_BYTES} random bytes (\`openssl rand -base64 48\`), or give \`secret\`.`,
  );
}

function secretFrom(given: string | Uint8Array | undefined, environment: Environment): Uint8Array | undefined {
  const fromVariable = given === undefined ? environment.variables[SECRET_VARIABLE] : undefined;
  const secret = given ?? (fromVariable || undefined);
  if (secret === undefined) return environment.production ? undefined : randomBytes(MIN_SECRET_BYTES);
  const where = given === undefined ? SECRET_VARIABLE : `${WHERE}.secret`;
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw optionError(where, secret, 'is no secret', 'Use a string or bytes.');
  }
  const bytes = Buffer.from(secret);
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new TypeError(`${where}: ${bytes.length} bytes are too few. Use at least ${MIN_SECRET_BYTES} random ones.`);
  }
  return bytes;
}
