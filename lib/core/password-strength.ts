/** How long would guessing a password take? Asks zxcvbn, loaded once, for processes that judge passwords. */

import { createRequire } from 'node:module';

/** 0: guessed at once … 4: out of reach. */
export type PasswordScore = 0 | 1 | 2 | 3 | 4;

interface Estimator {
  check(password: string, personal: (string | number)[]): { readonly score: PasswordScore };
}

/** Time grows with the square of the length: what comes after this many characters is not looked at. */
const SCORED_LENGTH = 64;

/** Tries fewer l33t spellings than zxcvbn's default of 100, whose worst case takes more than a second of CPU. */
const MAX_SUBSTITUTIONS = 4;

let estimator: Estimator | undefined;

/** The score, where words that an attacker knows of this person count as guessed. */
export function passwordScore(password: string, personal: readonly string[] = []): PasswordScore {
  estimator ??= loadEstimator();
  return estimator.check(password, [...personal]).score;
}

/**
 * Reads the dictionaries while the app starts, so that its first registration does not wait for them: about half a second
 * in which nothing else runs.
 */
export function preparePasswordScore(): void {
  setImmediate(() => (estimator ??= loadEstimator()));
}

/** The dictionaries are megabytes that only a process which judges passwords needs: read once, and never written to. */
function loadEstimator(): Estimator {
  const require = createRequire(import.meta.url);
  const { ZxcvbnFactory } = require('@zxcvbn-ts/core') as typeof import('@zxcvbn-ts/core');
  const common = require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
  const english = require('@zxcvbn-ts/language-en') as typeof import('@zxcvbn-ts/language-en');
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    maxLength: SCORED_LENGTH,
    l33tMaxSubstitutions: MAX_SUBSTITUTIONS,
  });
}
