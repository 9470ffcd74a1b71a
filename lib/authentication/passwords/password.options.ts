/** How are passwords judged and kept? The `passwords` option of the module. */

import { checkKeys, checkPositiveInteger, optionError } from '../../core/checks.js';
import { completePasswordPolicy, type PasswordPolicy } from '../../core/password-policy.js';

/** How much work one hash is. Raise it as machines get faster: `verifyAndUpgrade` brings kept hashes along. */
export interface PasswordCost {
  /** Memory, in KiB. Default 19_456. */
  readonly memoryCost?: number;
  /** Passes over it. Default 2. */
  readonly timeCost?: number;
  /** Lanes. Default 1. */
  readonly parallelism?: number;
}

/**
 * Which breached passwords have a SHA-1 (upper-case hex) that starts with these five letters? Answers with the rest of
 * each, 35 letters, with or without `:count` behind it: what the range API of Have I Been Pwned sends, line by line. The
 * password itself never leaves this process (k-anonymity).
 */
export type BreachedPasswords = (prefix: string) => readonly string[] | Promise<readonly string[]>;

export interface PasswordOptions {
  /** What `PasswordService.check` asks of a password. Default: as `passwordWeaknesses`. */
  readonly policy?: PasswordPolicy;
  /** argon2id's parameters, at least as costly as one of OWASP's recommendations. Default 19 MiB, 2 passes, 1 lane. */
  readonly cost?: PasswordCost;
  /**
   * Asked by `PasswordService.check` for passwords that are otherwise good. Give it a timeout: when it throws, the password
   * passes and a `breach_check_failed` event says so. Default: nobody is asked.
   */
  readonly breached?: BreachedPasswords;
}

export interface PasswordSettings {
  readonly policy: Required<PasswordPolicy>;
  readonly cost: Required<PasswordCost>;
  readonly breached: BreachedPasswords | undefined;
}

export const PASSWORD_SETTINGS = Symbol('bulwark:passwords');

const OPTION = 'security.passwords';

/** OWASP Password Storage Cheat Sheet: argon2id, any of these with one lane. Memory in KiB. */
const LEAST: readonly Required<PasswordCost>[] = [
  { memoryCost: 47_104, timeCost: 1, parallelism: 1 },
  { memoryCost: 19_456, timeCost: 2, parallelism: 1 },
  { memoryCost: 12_288, timeCost: 3, parallelism: 1 },
  { memoryCost: 9_216, timeCost: 4, parallelism: 1 },
  { memoryCost: 7_168, timeCost: 5, parallelism: 1 },
];

/** @throws TypeError naming option, value and fix. */
export function resolvePasswordOptions(options: PasswordOptions = {}): PasswordSettings {
  checkKeys(OPTION, options, ['policy', 'cost', 'breached']);
  const { policy = {}, cost = {}, breached } = options;
  if (breached !== undefined && typeof breached !== 'function') {
    throw optionError(`${OPTION}.breached`, breached, 'is not a function', 'Use async (prefix) => suffixes.');
  }
  return Object.freeze({ policy: completePasswordPolicy(policy, `${OPTION}.policy`), cost: checkCost(cost), breached });
}

function checkCost(cost: PasswordCost): Required<PasswordCost> {
  checkKeys(`${OPTION}.cost`, cost, ['memoryCost', 'timeCost', 'parallelism']);
  const { memoryCost = 19_456, timeCost = 2, parallelism = 1 } = cost;
  checkPositiveInteger(`${OPTION}.cost.memoryCost`, memoryCost, 'Use KiB, e.g. 19_456.');
  checkPositiveInteger(`${OPTION}.cost.timeCost`, timeCost, 'Use e.g. 2.');
  checkPositiveInteger(`${OPTION}.cost.parallelism`, parallelism, 'Use e.g. 1.');
  if (!LEAST.some((least) => memoryCost >= least.memoryCost && timeCost >= least.timeCost)) {
    const given = `${memoryCost} KiB, ${timeCost} passes`;
    throw optionError(
      `${OPTION}.cost`,
      given,
      'is less than OWASP recommends',
      'Use { memoryCost: 19_456, timeCost: 2 }.',
    );
  }
  return Object.freeze({ memoryCost, timeCost, parallelism });
}
