/** By what does an upstream know us? Headers that go to its origin, and into no log. */

import { checkKeys, checkText, optionError } from '../../core/checks.js';
import { isConnectionHeader } from '../fetch/sendable-headers.js';

/** One request, as a function that signs it sees it. */
export interface UpstreamRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
}

/** Headers by name: made anew for each try, so that tokens may expire and signatures be fresh. */
export type UpstreamAuthFunction = (
  request: UpstreamRequest,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

/**
 * A bearer token, a header of the upstream's own (`X-API-Key`), HTTP Basic, or a function that answers headers.
 */
export type UpstreamAuth =
  | { readonly bearer: string }
  | { readonly header: string; readonly value: string }
  | { readonly basic: { readonly username: string; readonly password: string } }
  | UpstreamAuthFunction;

const FIX = 'Use { bearer }, { header, value }, { basic: { username, password } } or a function that answers headers.';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible ASCII and inner spaces: nothing that could end the header. */
const HEADER_VALUE = /^[\u0021-\u007E](?:[\u0020-\u007E]*[\u0021-\u007E])?$/;

/**
 * The function behind every form. What it holds is in its closure, where no log finds it.
 *
 * @throws TypeError naming option and fix, never a secret.
 */
export function authFunction(option: string, auth: UpstreamAuth | undefined): UpstreamAuthFunction | undefined {
  if (auth === undefined) return undefined;
  if (typeof auth === 'function') return auth;
  if (typeof auth !== 'object' || auth === null) throw optionError(option, typeof auth, 'is no credential', FIX);
  if ('bearer' in auth) {
    checkKeys(option, auth, ['bearer']);
    return constant(option, 'authorization', `Bearer ${secretText(`${option}.bearer`, auth.bearer)}`);
  }
  if ('header' in auth) {
    checkKeys(option, auth, ['header', 'value']);
    const name = checkText(`${option}.header`, auth.header).toLowerCase();
    if (!TOKEN.test(name)) throw optionError(`${option}.header`, name, 'is no header name', "Use e.g. 'X-API-Key'.");
    if (isConnectionHeader(name)) {
      throw optionError(`${option}.header`, name, 'belongs to the connection', "Use e.g. 'X-API-Key'.");
    }
    return constant(option, name, secretText(`${option}.value`, auth.value));
  }
  if ('basic' in auth) {
    checkKeys(option, auth, ['basic']);
    checkKeys(`${option}.basic`, auth.basic, ['username', 'password']);
    const username = secretText(`${option}.basic.username`, auth.basic.username);
    if (username.includes(':')) {
      // RFC 7617 §2: what follows the first colon would be taken for the password.
      throw optionError(`${option}.basic.username`, 'a name', 'holds a colon', 'Use one without.');
    }
    const password = secretText(`${option}.basic.password`, auth.basic.password);
    const pair = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
    return constant(option, 'authorization', `Basic ${pair}`);
  }
  throw optionError(option, auth, 'is no credential', FIX);
}

function constant(option: string, name: string, value: string): UpstreamAuthFunction {
  if (!HEADER_VALUE.test(value)) {
    throw optionError(
      option,
      'a credential',
      'holds characters that no header can',
      'Look for a line break at its end.',
    );
  }
  const headers = Object.freeze({ [name]: value });
  return function upstreamAuth() {
    return headers;
  };
}

/** As `checkText()`, without showing the value. */
function secretText(option: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw optionError(option, typeof value, 'is not a non-empty string', 'Is its environment variable set?');
}
