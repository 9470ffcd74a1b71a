/** How is one upstream configured? */

import { checkKeys, checkPositiveInteger, checkText, optionError } from '../../core/checks.js';
import { checkAnswerShape, type AnswerShape } from '../answer-shape.js';
import type { BreakerPolicy } from './circuit-breaker.js';
import { OutboundError } from '../fetch/outbound-error.js';
import { authFunction, type UpstreamAuth, type UpstreamAuthFunction } from './upstream-auth.js';
import type { RetryPolicy } from './upstream-retry.js';
import { checkUrl, completeUrlPolicy, portOf, type UrlPolicyOptions } from '../fetch/url-policy.js';

export interface UpstreamOptions {
  /** Where it is, and below which path: `https://api.partner.example/v1`. `http:` only for a host of `dangerouslyAllowPrivate`. */
  readonly baseUrl: string;
  /** What it answers where the call does not say: a class with class-validator rules, `[class]`, or a Standard Schema. */
  readonly schema?: AnswerShape;
  /** How long a whole call may take, every try and wait included, in milliseconds. Default that of `outbound`, 5000. */
  readonly timeoutMs?: number;
  /** How large an answer may be, in bytes after decompression. Default that of `outbound`, 1 MiB. */
  readonly maxBytes?: number;
  /** How often a failed try is made again, where repeating does no harm. Default `{ times: 2 }`; 0 for never. */
  readonly retries?: number | UpstreamRetryOptions;
  /** When to stop asking. Default `{ failures: 5, openMs: 10_000 }`; false for never. */
  readonly breaker?: UpstreamBreakerOptions | false;
  /** By what it knows us. Sent to this upstream's origin only. Default nothing. */
  readonly auth?: UpstreamAuth;
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
  /** Failed tries in a row that open it: no answer, a 408, a 5xx. Default 5. */
  readonly failures?: number;
  /** How long it then stays open, in milliseconds, before one call may see whether the upstream is well. Default 10_000. */
  readonly openMs?: number;
}

export interface UpstreamSettings {
  readonly name: string;
  readonly baseUrl: URL;
  readonly schema: AnswerShape | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly retries: RetryPolicy;
  readonly breaker: BreakerPolicy | undefined;
  readonly auth: UpstreamAuthFunction | undefined;
  /** Its host and port, and nothing else: whatever `outbound` allows or forbids to others. */
  readonly reach: UrlPolicyOptions;
}

/** What an upstream takes from `outbound` where it says nothing itself. */
export interface UpstreamDefaults {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly dangerouslyAllowPrivate: readonly string[];
}

const KEYS = ['baseUrl', 'schema', 'timeoutMs', 'maxBytes', 'retries', 'breaker', 'auth', 'dangerouslyAllowPrivate'];

/** Names stand in events and log lines. */
const NAME = /^[a-z][\w-]{0,63}$/i;

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
      if (!NAME.test(name)) throw optionError(where, name, 'is no name', 'Use letters, digits, - and _.');
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
  const baseUrl = checkBase(`${option}.baseUrl`, options.baseUrl, allowed);
  if (schema !== undefined) checkAnswerShape(`${option}.schema`, schema);
  return Object.freeze({
    name,
    baseUrl,
    schema,
    timeoutMs: checkPositiveInteger(`${option}.timeoutMs`, timeoutMs),
    maxBytes: checkPositiveInteger(`${option}.maxBytes`, maxBytes),
    retries: checkRetries(`${option}.retries`, options.retries ?? {}),
    breaker: checkBreaker(`${option}.breaker`, options.breaker ?? {}),
    auth: authFunction(`${option}.auth`, auth),
    reach: checkReach(option, baseUrl, allowed),
  });
}

function checkBase(option: string, value: unknown, allowedPrivate: readonly string[]): URL {
  const fix = "Use e.g. 'https://api.partner.example/v1'.";
  const text = checkText(option, value, fix);
  if (!URL.canParse(text)) throw optionError(option, 'this', 'is no URL', fix);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw optionError(option, url.host, 'holds credentials', 'Give them as `auth`: they would be logged here.');
  }
  if (url.search !== '' || url.hash !== '') throw optionError(option, text, 'holds a query or fragment', fix);
  const isAllowedPrivate = [url.hostname, `${url.hostname}:${portOf(url)}`].some((host) =>
    allowedPrivate.includes(host),
  );
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isAllowedPrivate)) {
    throw optionError(option, text, 'is not https', `Use https, or in development add it to dangerouslyAllowPrivate.`);
  }
  return url;
}

/** What no call could ever reach is said when the app starts. */
function checkReach(option: string, baseUrl: URL, allowedPrivate: readonly string[]): UrlPolicyOptions {
  const reach: UrlPolicyOptions = {
    allowedHosts: [baseUrl.hostname],
    schemes: [baseUrl.protocol === 'http:' ? 'http' : 'https'],
    ports: [portOf(baseUrl)],
    ...(allowedPrivate.length > 0 && { dangerouslyAllowPrivate: [...allowedPrivate] }),
  };
  try {
    checkUrl(baseUrl, completeUrlPolicy(option, reach));
    return Object.freeze(reach);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const fix = 'Where it is meant to be private, add its host and port to dangerouslyAllowPrivate.';
    throw optionError(`${option}.baseUrl`, baseUrl.host, `cannot be asked, for ${error.reason}`, fix);
  }
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
