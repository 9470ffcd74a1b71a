/** Is this a key that can be made? What an owner wrote is refused as input; what the app wrote is a mistake of its own. */

import { checkKeys, checkText, isTextList, optionError } from '../../core/checks.js';
import { SecurityError } from '../../core/errors.js';
import { isNetwork } from './allowed-networks.js';
import { LONGEST_LIFE_DAYS } from './api-keys.options.js';

export interface ApiKeyInit {
  /** What its owner calls it, up to 100 characters. */
  readonly name: string;
  /** Whose calls its calls are: becomes `principal.id`. */
  readonly owner: string;
  /** Default none. Name those that programs need; the owner's own are not inherited. */
  readonly roles?: readonly string[];
  /** Default none. */
  readonly scopes?: readonly string[];
  /** The rate tier. Default: as for every caller. */
  readonly tier?: string;
  /**
   * The networks it may be used from: `203.0.113.0/24`, `203.0.113.9`, `2001:db8::/32`; of IPv6 nothing narrower than a /64,
   * which is how clients are told apart. Default: from anywhere.
   */
  readonly cidrs?: readonly string[];
  /** How long it is good, in days, at most 3650. Default: `security.apiKeys.expiresInDays`. */
  readonly expiresInDays?: number;
}

const KEYS = ['name', 'owner', 'roles', 'scopes', 'tier', 'cidrs', 'expiresInDays'];
const LONGEST_NAME = 100;
const MOST_ENTRIES = 100;
/** What a list of keys could not show as it is, or a database not keep: controls, line ends, turns of direction, halves of characters. */
const UNSHOWN = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u;
/** RFC 6749 §3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/;

/**
 * @throws SecurityError `invalid_input` for a name, scope, network or lifetime that is none: owners choose those.
 * @throws TypeError for anything else.
 */
export function checkApiKeyInit(init: ApiKeyInit): void {
  checkKeys('ApiKeyService.create', init, KEYS);
  checkText('ApiKeyService.create.owner', init.owner, 'Use the id of the user or the program that calls with it.');
  if (init.tier !== undefined) checkText('ApiKeyService.create.tier', init.tier);
  if (init.roles !== undefined && !isTextList(init.roles)) {
    throw optionError('ApiKeyService.create.roles', init.roles, 'is not a list of roles', "Use e.g. ['reporter'].");
  }
  const { name, scopes = [], cidrs = [], expiresInDays } = init;
  if (typeof name !== 'string' || name.trim() === '' || name.length > LONGEST_NAME) {
    throw badInput('/name', `must be 1 to ${LONGEST_NAME} characters`);
  }
  if (UNSHOWN.test(name)) throw badInput('/name', 'must hold no control characters');
  const isScope = (scope: unknown): boolean => typeof scope === 'string' && SCOPE_TOKEN.test(scope);
  checkEntries('/scopes', scopes, isScope, 'must be a scope token of RFC 6749 section 3.3');
  checkEntries('/cidrs', cidrs, isNetwork, 'must be an IPv4 network, or an IPv6 network of at most 64 bits');
  if (expiresInDays !== undefined) checkLifetime(expiresInDays);
}

export function checkLifetime(days: unknown): void {
  if (typeof days === 'number' && Number.isSafeInteger(days) && days > 0 && days <= LONGEST_LIFE_DAYS) return;
  throw badInput('/expiresInDays', `must be a whole number from 1 to ${LONGEST_LIFE_DAYS}`);
}

function checkEntries(pointer: string, entries: unknown, isGood: (entry: unknown) => boolean, detail: string): void {
  if (!Array.isArray(entries) || entries.length > MOST_ENTRIES) {
    throw badInput(pointer, `must be a list of at most ${MOST_ENTRIES}`);
  }
  const bad = entries.findIndex((entry) => !isGood(entry));
  if (bad !== -1) throw badInput(`${pointer}/${bad}`, detail);
}

function badInput(pointer: string, detail: string): SecurityError {
  return new SecurityError('invalid_input', { reason: `api_key${pointer}`, errors: [{ detail, pointer }] });
}
