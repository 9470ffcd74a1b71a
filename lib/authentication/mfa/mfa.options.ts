/** How are second factors kept and asked for? The `mfa` option of the module. */

import { randomBytes } from 'node:crypto';
import { checkKeys, checkPositiveInteger, checkText, optionError } from '../../core/checks.js';
import type { Environment } from '../../core/environment.js';
import type { MfaStore } from './mfa.store.js';
import { SecretBox, type EncryptionKeyInput } from './secret-box.js';

export interface MfaOptions {
  /** What authenticator apps call this app. Default `API`. */
  readonly issuer?: string;
  /**
   * Keys for the secrets at rest (AES-256-GCM). The first encrypts, all decrypt: put a new one first, and take the old one
   * away when every secret was used once. Default: the one in `BULWARK_MFA_KEY`; in development one made up at start; in
   * production nobody can enrol without.
   */
  readonly encryptionKeys?: readonly EncryptionKeyInput[];
  /** How long an `mfa_token` is good, in seconds. Default 300, at most 900. */
  readonly challengeTtl?: number;
  /** How many codes may be tried with one `mfa_token`. Default 5. */
  readonly attempts?: number;
  /** How many wrong codes one user may give in 15 minutes, over all their logins. Default 10. */
  readonly attemptsPerUser?: number;
  /** Where second factors are kept. Default: in this process's memory, which forgets them at a restart. */
  readonly store?: MfaStore;
}

export interface MfaSettings {
  readonly issuer: string;
  /** Undefined: there is no key, so nobody can enrol. */
  readonly box: SecretBox | undefined;
  /** The app says something about second factors. */
  readonly isConfigured: boolean;
  /** The key was made up for this process, because nobody gave one. */
  readonly ephemeral: boolean;
  readonly challengeTtlMs: number;
  readonly attempts: number;
  readonly attemptsPerUser: { readonly limit: number; readonly windowMs: number };
  readonly store: MfaStore | undefined;
}

export const MFA_SETTINGS = Symbol('bulwark:mfa');

const OPTION = 'security.mfa';
const KEY_VARIABLE = 'BULWARK_MFA_KEY';
const WINDOW_MS = 900_000;
const LONGEST_CHALLENGE_S = 900;
const KEYS = ['issuer', 'encryptionKeys', 'challengeTtl', 'attempts', 'attemptsPerUser', 'store'];

/** @throws TypeError naming option, value and fix; in production also where `mfa` is configured without a key. */
export function resolveMfaOptions(input: MfaOptions | undefined, environment: Environment): MfaSettings {
  const options = input ?? {};
  checkKeys(OPTION, options, KEYS);
  const { issuer = 'API', challengeTtl = 300, attempts = 5, attemptsPerUser = 10, store } = options;
  if (checkText(`${OPTION}.issuer`, issuer).includes(':')) {
    throw optionError(`${OPTION}.issuer`, issuer, 'holds a colon', 'Leave it out: it separates issuer and account.');
  }
  if (checkPositiveInteger(`${OPTION}.challengeTtl`, challengeTtl, 'Use seconds, e.g. 300.') > LONGEST_CHALLENGE_S) {
    throw optionError(`${OPTION}.challengeTtl`, challengeTtl, 'is over 15 minutes', 'Use e.g. 300.');
  }
  if (store !== undefined && typeof store?.claimStep !== 'function') {
    throw optionError(`${OPTION}.store`, store, 'is no store for second factors', 'Use an MfaStore.');
  }
  const keys = options.encryptionKeys ?? keysFrom(environment);
  const ephemeral = keys === undefined && !environment.production;
  if (keys === undefined && environment.production && input !== undefined) {
    throw new TypeError(
      `${OPTION}.encryptionKeys: there is no key to keep second factors by. Set ${KEY_VARIABLE} to 32 random bytes ` +
        '(`openssl rand -base64 32`), or give `encryptionKeys`.',
    );
  }
  const usable = keys ?? (ephemeral ? [{ id: 'ephemeral', key: randomBytes(32) }] : undefined);
  return Object.freeze({
    issuer,
    box: usable && new SecretBox(`${OPTION}.encryptionKeys`, usable),
    isConfigured: input !== undefined,
    ephemeral,
    challengeTtlMs: challengeTtl * 1000,
    attempts: checkPositiveInteger(`${OPTION}.attempts`, attempts),
    attemptsPerUser: Object.freeze({
      limit: checkPositiveInteger(`${OPTION}.attemptsPerUser`, attemptsPerUser),
      windowMs: WINDOW_MS,
    }),
    store,
  });
}

function keysFrom({ variables }: Environment): readonly EncryptionKeyInput[] | undefined {
  const key = variables[KEY_VARIABLE];
  return key ? [{ id: 'env', key }] : undefined;
}
