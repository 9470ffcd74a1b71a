/** How are failed logins answered? The `loginDefence` option of the module. */

import { checkKeys, checkPositive, checkPositiveInteger, optionError } from '../../core/checks.js';
import { checkRate, perMinute, type Rate } from '../rate.js';
import { delayPolicy, steadyPolicy } from './failure-record.js';
import type { LoginDefenceStore, LoginObstacle, LoginPolicy } from './login-defence.store.js';

/** A try that is let through only after a challenge. */
export interface ChallengedLogin {
  readonly account: string;
  readonly address: string;
  /** Why it is asked for. */
  readonly obstacle: LoginObstacle;
  /** What the caller brought along, as the app gave it to `attempt()`: a captcha's answer. */
  readonly proof: unknown;
}

export interface LoginDefenceOptions {
  /**
   * Failures at one account that cost nothing, and the wait after them, which doubles with each further one. Counted for
   * each address by itself, and from everywhere together. Default `perMinute(5)`: five, then 12 s, 24 s, 48 s, …
   */
  readonly account?: Rate;
  /**
   * Failures of one address over all accounts: so many at once, then one at a time as the rate refills. The wait does not
   * grow, for many people may share an address. Default `perMinute(5)`: five, then one every 12 s.
   */
  readonly address?: Rate;
  /** The longest wait, and the time in which one failure is forgiven, in seconds. Default 300. */
  readonly maxDelay?: number;
  /** Failing at this many accounts within ten minutes, an address is trying out leaked passwords. Default 10. */
  readonly stuffingAccounts?: number;
  /**
   * Has the caller proved to be a person? Asked where an account is under attack from many addresses, and where an address
   * tries out leaked passwords. Exactly `true` lets the try through. Default: nobody is asked; the first waits, and the
   * second is an event only.
   */
  readonly challenge?: (login: ChallengedLogin) => boolean | Promise<boolean>;
  /** How many records are kept in memory. Default 100_000. */
  readonly maxKeys?: number;
  /** Where failures are counted. Default: in this process's memory. */
  readonly store?: LoginDefenceStore;
}

export interface LoginDefenceSettings {
  readonly policy: LoginPolicy;
  readonly challenge: LoginDefenceOptions['challenge'];
  readonly maxKeys: number;
  readonly store: LoginDefenceStore | undefined;
}

export const LOGIN_DEFENCE = Symbol('bulwark:login-defence');

const OPTION = 'security.loginDefence';
const KEYS = ['account', 'address', 'maxDelay', 'stuffingAccounts', 'challenge', 'maxKeys', 'store'];
const STUFFING_WINDOW_MS = 600_000;
const KNOWN_FOR_MS = 30 * 86_400_000;

/** @throws TypeError naming option, value and fix. */
export function loginDefenceSettings(options: LoginDefenceOptions = {}): LoginDefenceSettings {
  checkKeys(OPTION, options, KEYS);
  const { account = perMinute(5), address = perMinute(5), maxDelay = 300, stuffingAccounts = 10 } = options;
  const { challenge, maxKeys = 100_000, store } = options;
  if (challenge !== undefined && typeof challenge !== 'function') {
    throw optionError(
      `${OPTION}.challenge`,
      challenge,
      'is not a function',
      'Use async ({ proof }) => isPerson(proof).',
    );
  }
  if (store !== undefined && typeof store?.begin !== 'function') {
    throw optionError(`${OPTION}.store`, store, 'is no store for failed logins', 'Use a LoginDefenceStore.');
  }
  const maxDelayMs = 1000 * checkPositive(`${OPTION}.maxDelay`, maxDelay, 'Use seconds, e.g. 300.');
  return Object.freeze({
    policy: Object.freeze({
      account: delayPolicy(checkRate(`${OPTION}.account`, account), maxDelayMs),
      address: steadyPolicy(checkRate(`${OPTION}.address`, address)),
      stuffing: Object.freeze({
        accounts: checkPositiveInteger(`${OPTION}.stuffingAccounts`, stuffingAccounts),
        windowMs: STUFFING_WINDOW_MS,
      }),
      knownForMs: KNOWN_FOR_MS,
      challenges: challenge !== undefined,
    }),
    challenge,
    maxKeys: checkPositiveInteger(`${OPTION}.maxKeys`, maxKeys),
    store,
  });
}
