/** How are API keys kept, and how long are they good? The `apiKeys` option of the module. */

import { checkKeys, checkPositiveInteger, optionError } from '../../core/checks.js';
import type { Environment } from '../../core/environment.js';
import { weaknessOf } from '../../core/secret-weakness.js';
import type { ApiKeyStore } from './api-key.store.js';

export interface ApiKeysOptions {
  /**
   * A secret of the app, at least 32 bytes, that keys are hashed with, so that a stolen table of digests proves nothing.
   * Changing it ends every key. Default: `BULWARK_API_KEY_PEPPER`, else none: SHA-256 alone.
   */
  readonly pepper?: string;
  /** How long a key is good where `create()` does not say, in days. Default 365. */
  readonly expiresInDays?: number;
  /** Keys that one owner may have at a time. Default 100. */
  readonly maxPerOwner?: number;
  /**
   * How long a verified key is remembered, in milliseconds, at most 5_000: so long another process goes on taking a key that
   * was revoked in this one. Default 5_000; 0 asks the store at every call.
   */
  readonly rememberMs?: number;
  /**
   * The header that keys come in, besides `Authorization: ApiKey`. Default `X-API-Key`. Name another where a gateway in front
   * of the app needs that one for keys of its own.
   */
  readonly header?: string;
  /** Where keys are kept. Default: in this process's memory, which forgets them at a restart. */
  readonly store?: ApiKeyStore;
}

export interface ApiKeysSettings {
  readonly pepper: string | undefined;
  readonly expiresInDays: number;
  readonly maxPerOwner: number;
  readonly rememberMs: number;
  /** In lower case. */
  readonly header: string;
  readonly store: ApiKeyStore | undefined;
}

export const API_KEYS_SETTINGS = Symbol('bulwark:api-keys');

/** No key is good for longer, in days. */
export const LONGEST_LIFE_DAYS = 3_650;

const OPTION = 'security.apiKeys';
const PEPPER_VARIABLE = 'BULWARK_API_KEY_PEPPER';
const LONGEST_MEMORY_MS = 5_000;
const KEYS = ['pepper', 'expiresInDays', 'maxPerOwner', 'rememberMs', 'header', 'store'];
const STORE_METHODS = ['add', 'find', 'rotate', 'revoke', 'list', 'touch'];

/** @throws TypeError naming option, value and fix. */
export function resolveApiKeysOptions(options: ApiKeysOptions = {}, { variables }: Environment): ApiKeysSettings {
  checkKeys(OPTION, options, KEYS);
  const { expiresInDays = 365, maxPerOwner = 100, rememberMs = LONGEST_MEMORY_MS, header = 'X-API-Key' } = options;
  if (checkPositiveInteger(`${OPTION}.expiresInDays`, expiresInDays, 'Use whole days.') > LONGEST_LIFE_DAYS) {
    throw optionError(`${OPTION}.expiresInDays`, expiresInDays, 'is over ten years', 'Use e.g. 365.');
  }
  if (typeof rememberMs !== 'number' || !(rememberMs >= 0 && rememberMs <= LONGEST_MEMORY_MS)) {
    throw optionError(`${OPTION}.rememberMs`, rememberMs, 'is not a number from 0 to 5000', 'It is in milliseconds.');
  }
  return Object.freeze({
    pepper: checkPepper(options.pepper ?? (variables[PEPPER_VARIABLE] || undefined)),
    expiresInDays,
    maxPerOwner: checkPositiveInteger(`${OPTION}.maxPerOwner`, maxPerOwner),
    rememberMs,
    header: checkHeader(header),
    store: checkStore(options.store),
  });
}

/** Headers that others read as something else. */
const TAKEN =
  /^(?:authorization|cookie|host|signature|signature-input|x-signature|content-.*|proxy-.*|x-forwarded-.*)$/i;

function checkHeader(header: unknown): string {
  // RFC 9110 §5.6.2: a token.
  if (typeof header === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(header) && !TAKEN.test(header))
    return header.toLowerCase();
  throw optionError(`${OPTION}.header`, header, 'is no header for keys', "Use e.g. 'X-API-Key'.");
}

function checkPepper(pepper: unknown): string | undefined {
  if (pepper === undefined) return undefined;
  const fix = `Use e.g. the output of \`openssl rand -base64 48\`, or set ${PEPPER_VARIABLE} to it.`;
  // Whatever it is, it is not shown.
  if (typeof pepper !== 'string') throw new TypeError(`${OPTION}.pepper: is not a string. ${fix}`);
  const weakness = Buffer.byteLength(pepper) < 32 ? 'has less than 32 bytes' : weaknessOf(Buffer.from(pepper));
  if (weakness !== undefined) throw new TypeError(`${OPTION}.pepper: the secret ${weakness}. ${fix}`);
  return pepper;
}

function checkStore(store: ApiKeyStore | undefined): ApiKeyStore | undefined {
  if (store === undefined) return undefined;
  const missing = STORE_METHODS.find(
    (method) => typeof (store as unknown as Record<string, unknown>)?.[method] !== 'function',
  );
  if (missing === undefined) return store;
  throw optionError(`${OPTION}.store`, store, `has no ${missing}()`, 'Use an ApiKeyStore.');
}
