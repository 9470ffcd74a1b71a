/** How is one upstream configured? */

import { checkKeys, checkPositiveInteger, optionError } from '../../core/checks.js';
import { checkAnswerShape, type AnswerShape } from '../answer/answer-shape.js';
import type { BreakerPolicy } from './circuit-breaker.js';
import { checkConfiguredName, configuredPlace } from '../configured-place.js';
import { completeTls, type SafeFetchTlsOptions } from '../fetch/safe-fetch.options.js';
import { authFunction, type UpstreamAuth, type UpstreamAuthFunction } from './upstream-auth.js';
import type { RetryPolicy } from './upstream-retry.js';
import type { UrlPolicyOptions } from '../fetch/url-policy.js';

export interface UpstreamOptions {
  /** Where it is, and below which path: `https://api.partner.example/v1`. `http:` only for a host of `dangerouslyAllowPrivate`. */
  readonly baseUrl: string;
  /** What it answers where the call does not say: a class with class-validator rules, `[class]`, or a Standard Schema. */
  readonly schema?: AnswerShape;
  /** How long a whole call may take, every try and wait included, in milliseconds. Default that of `outbound`, 5000. */
  readonly timeoutMs?: number;
  /**
   * How long one try may take, in milliseconds. Default `timeoutMs`: an upstream that hangs is asked once, for then the time of
   * the call is over. Make it shorter than that for a second try.
   */
  readonly tryTimeoutMs?: number;
  /** How large an answer may be, in bytes after decompression. Default that of `outbound`, 1 MiB. */
  readonly maxBytes?: number;
  /** How often a failed try is made again, where repeating does no harm. Default `{ times: 2 }`; 0 for never. */
  readonly retries?: number | UpstreamRetryOptions;
  /** When to stop asking. Default `{ failures: 5, openMs: 10_000 }`; false for never. */
  readonly breaker?: UpstreamBreakerOptions | false;
  /** By what it knows us. Sent to this upstream's origin only. Default nothing. */
  readonly auth?: UpstreamAuth;
  /** Whose certificates it is known by: `{ ca }` for an authority of its own. Default that of `outbound`. */
  readonly tls?: SafeFetchTlsOptions;
  /**
   * Exact `host` or `host:port` entries that may lie in a private network: for an upstream in your own, or on this machine in
   * development. Holds for this upstream only. Default those of `outbound`.
   */
  readonly dangerouslyAllowPrivate?: readonly string[];
}

export interface UpstreamRetryOptions {
  /** How many tries may follow the first. Default 2. */
  readonly times?: number;
  /** The wait before the second try, in milliseconds, doubled for each one after and shortened at random. Default 100. */
  readonly delayMs?: number;
  /** The longest wait, in milliseconds: an upstream that asks for more (`Retry-After`) is left alone. Default 2000. */
  readonly maxDelayMs?: number;
}

export interface UpstreamBreakerOptions {
  /** Failed tries in a row that open it: no answer, a 408, a 502 and above. Default 5. */
  readonly failures?: number;
  /** How long it then stays open, in milliseconds, before one call may see whether the upstream is well. Default 10_000. */
  readonly openMs?: number;
}

export interface UpstreamSettings {
  readonly name: string;
  readonly baseUrl: URL;
  readonly schema: AnswerShape | undefined;
  readonly timeoutMs: number;
  readonly tryTimeoutMs: number;
  readonly maxBytes: number;
  readonly retries: RetryPolicy;
  readonly breaker: BreakerPolicy | undefined;
  readonly auth: UpstreamAuthFunction | undefined;
  readonly tls: SafeFetchTlsOptions | undefined;
  /** Its host and port, and nothing else: whatever `outbound` allows or forbids to others. */
  readonly reach: UrlPolicyOptions;
}

/** What an upstream takes from `outbound` where it says nothing itself. */
export interface UpstreamDefaults {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly tls: SafeFetchTlsOptions | undefined;
  readonly dangerouslyAllowPrivate: readonly string[];
}

const KEYS = [
  'baseUrl',
  'schema',
  'timeoutMs',
  'tryTimeoutMs',
  'maxBytes',
  'retries',
  'breaker',
  'auth',
  'tls',
  'dangerouslyAllowPrivate',
];

/** More tries only wait for the same thing, and each is load on somebody who is not well. */
const MAX_RETRIES = 5;

/** @throws TypeError naming option, value and fix. */
export function upstreamSettings(
  upstreams: Readonly<Record<string, UpstreamOptions>>,
  defaults: UpstreamDefaults,
  where: string,
): ReadonlyMap<string, UpstreamSettings> {
  if (typeof upstreams !== 'object' || upstreams === null || Array.isArray(upstreams)) {
    throw optionError(where, upstreams, 'is not an object', "Write { partners: { baseUrl: 'https://…' } }.");
  }
  return new Map(
    Object.entries(upstreams).map(([name, options]) => {
      checkConfiguredName(where, name);
      return [name, oneUpstream(name, options, defaults, `${where}.${name}`)];
    }),
  );
}

function oneUpstream(
  name: string,
  options: UpstreamOptions,
  defaults: UpstreamDefaults,
  option: string,
): UpstreamSettings {
  checkKeys(option, options ?? null, KEYS);
  const { timeoutMs = defaults.timeoutMs, maxBytes = defaults.maxBytes, schema, auth } = options;
  const allowed = options.dangerouslyAllowPrivate ?? defaults.dangerouslyAllowPrivate;
  const { tls = defaults.tls } = options;
  completeTls(`${option}.tls`, tls);
  const { url: baseUrl, reach } = configuredPlace(option, 'baseUrl', options.baseUrl, {
    allowedPrivate: allowed,
    example: 'https://api.partner.example/v1',
    credentials: 'Give them as `auth`: they would be logged here.',
  });
  if (baseUrl.search !== '' || baseUrl.hash !== '') {
    throw optionError(`${option}.baseUrl`, baseUrl.host, 'holds a query or fragment', 'Give a `query` with each call.');
  }
  if (schema !== undefined) checkAnswerShape(`${option}.schema`, schema);
  return Object.freeze({
    name,
    baseUrl,
    schema,
    timeoutMs: checkPositiveInteger(`${option}.timeoutMs`, timeoutMs),
    tryTimeoutMs: checkTryTimeout(`${option}.tryTimeoutMs`, options.tryTimeoutMs ?? timeoutMs, timeoutMs),
    maxBytes: checkPositiveInteger(`${option}.maxBytes`, maxBytes),
    retries: checkRetries(`${option}.retries`, options.retries ?? {}),
    breaker: checkBreaker(`${option}.breaker`, options.breaker ?? {}),
    auth: authFunction(`${option}.auth`, auth),
    tls,
    reach,
  });
}

function checkTryTimeout(option: string, value: unknown, timeoutMs: number): number {
  const ms = checkPositiveInteger(option, value);
  if (ms <= timeoutMs) return ms;
  throw optionError(option, ms, `is more than the ${timeoutMs} of the whole call`, 'Use less, or raise timeoutMs.');
}

function checkRetries(option: string, value: number | UpstreamRetryOptions): RetryPolicy {
  const options = typeof value === 'number' ? { times: value } : value;
  checkKeys(option, options, ['times', 'delayMs', 'maxDelayMs']);
  const { times = 2, delayMs = 100, maxDelayMs = 2000 } = options;
  if (!Number.isInteger(times) || times < 0 || times > MAX_RETRIES) {
    throw optionError(option, times, 'is out of range', `Use a whole number from 0 to ${MAX_RETRIES}.`);
  }
  return Object.freeze({
    times,
    delayMs: checkPositiveInteger(`${option}.delayMs`, delayMs),
    maxDelayMs: checkPositiveInteger(`${option}.maxDelayMs`, maxDelayMs),
  });
}

function checkBreaker(option: string, value: UpstreamBreakerOptions | false): BreakerPolicy | undefined {
  if (value === false) return undefined;
  checkKeys(option, value, ['failures', 'openMs']);
  const { failures = 5, openMs = 10_000 } = value;
  return Object.freeze({
    failures: checkPositiveInteger(`${option}.failures`, failures),
    openMs: checkPositiveInteger(`${option}.openMs`, openMs),
  });
}
