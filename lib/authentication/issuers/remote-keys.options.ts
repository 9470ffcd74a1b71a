/** Where are the keys of a verifier that fetches them? The `jwksUri` of `createTokenVerifier()` and what goes with it. */

import { checkBoolean } from '../../core/checks.js';
import type { VerificationRules } from '../jwt/verifier.options.js';
import { KEY_SOURCES, type KeySource } from '../jwt/verifier.options.js';
import { checkPublicAlgorithms } from './issuers.options.js';
import { checkKeySchedule } from './key-schedule.js';
import type { RemoteSettings } from './remote-issuer.js';
import { checkRemoteUrl, reachOf, type ReachOptions } from './remote-url.js';

export interface RemoteKeyOptions extends ReachOptions {
  /**
   * URL of a JWK Set, in place of `secret`, `publicKey`, `keys` and `jwks`. Fetched with the first token. `issuer` and
   * `audience` are required beside it: whoever publishes keys signs for other APIs too (RFC 8725 §3.8 and §3.9).
   */
  readonly jwksUri?: string;
  /** How long fetched keys are used before they are fetched again, in seconds. Default 600, 30 to 86_400. */
  readonly maxAge?: number;
  /** How much longer they are used where nobody answers, in seconds. Default 3_600; 0 for not at all. */
  readonly staleIfError?: number;
  /** At most one fetch for unknown keys, and after failures, in this many seconds. Default 30, at least 1. */
  readonly cooldown?: number;
}

const OPTIONAL = [
  'maxAge',
  'staleIfError',
  'cooldown',
  'timeoutMs',
  'dangerouslyAllowPrivate',
  'dangerouslyAllowHttp',
] as const;

export const REMOTE_KEY_OPTIONS = ['jwksUri', ...OPTIONAL] as const;

/** Undefined: the keys are at hand. @throws TypeError naming option, value and fix. */
export function remoteKeys(
  option: string,
  options: RemoteKeyOptions & KeySource,
  rules: VerificationRules,
): RemoteSettings | undefined {
  if (options.jwksUri === undefined) {
    const idle = OPTIONAL.find((name) => options[name] !== undefined);
    if (idle === undefined) return undefined;
    throw new TypeError(`${option}.${idle}: works with \`jwksUri\` only. Leave it out.`);
  }
  const other = KEY_SOURCES.find((name) => options[name] !== undefined);
  if (other !== undefined) throw new TypeError(`${option}: \`jwksUri\` and \`${other}\` exclude each other.`);
  checkPublicAlgorithms(`${option}.algorithms`, rules.algorithms);
  checkBoolean(`${option}.dangerouslyAllowHttp`, options.dangerouslyAllowHttp ?? false);
  const jwksUri = checkRemoteUrl(`${option}.jwksUri`, options.jwksUri, options);
  const schedule = checkKeySchedule(option, options);
  checkNarrow(option, rules);
  return Object.freeze({
    option,
    issuer: undefined,
    rules,
    jwksUri,
    hosts: [jwksUri.hostname],
    reach: reachOf(option, options, jwksUri),
    isHttpAllowed: options.dangerouslyAllowHttp === true,
    schedule,
  });
}

/** One set of keys may serve many issuers, and signs tokens for every API of theirs. */
function checkNarrow(option: string, { claims }: VerificationRules): void {
  const open = (['issuer', 'audience'] as const).find((name) => claims[name] === undefined);
  if (open === undefined) return;
  const fix = open === 'issuer' ? 'Say whose tokens they are.' : 'Say what this API is called there.';
  throw new TypeError(`${option}.${open}: is required with \`jwksUri\`. ${fix}`);
}
