/** Where do webhooks go, how are they signed, and how patient are we? The `outbound.webhooks` and `outbound.webhookDelivery` options. */

import { checkBoolean, checkKeys, checkPositiveInteger, optionError } from '../../core/checks.js';
import type { RequestSigning } from '../../core/request-signer.js';
import { checkConfiguredName, configuredPlace } from '../configured-place.js';
import { completeTls, type SafeFetchTlsOptions } from '../fetch/safe-fetch.options.js';
import { completeUrlPolicy, URL_POLICY_KEYS, type UrlPolicyOptions } from '../fetch/url-policy.js';
import type { QueueLimits } from './webhook.queue.js';
import { DEFAULT_SCHEDULE_MS } from './webhook-schedule.js';

/** How one endpoint is told. */
export interface WebhookSigningOptions {
  /** The key, its id, and the profile: what the receiver's `@Signed()` takes. Required, unless `dangerouslyUnsigned`. */
  readonly sign?: RequestSigning;
  /** Sends without a signature: for chats whose URL is the secret. Default false. */
  readonly dangerouslyUnsigned?: boolean;
  /** The waits before each next try, in milliseconds. An empty list: one try. Default that of `webhookDelivery`. */
  readonly scheduleMs?: readonly number[];
}

/** An endpoint that the app knows when it starts. */
export interface WebhookEndpointOptions extends WebhookSigningOptions {
  /** `https://hooks.example.com/orders`. `http:` only for a host of `dangerouslyAllowPrivate`. */
  readonly url: string;
  /** For one try, in milliseconds. Default that of `webhookDelivery`. */
  readonly timeoutMs?: number;
  /** Whose certificates it is known by: `{ ca }` for an authority of its own. Default that of `outbound`. */
  readonly tls?: SafeFetchTlsOptions;
  /** Exact `host:port` entries that may lie in a private network. Holds for this endpoint only. Default those of `outbound`. */
  readonly dangerouslyAllowPrivate?: readonly string[];
}

/** What holds for all webhooks of this process. */
export interface WebhookDeliveryOptions extends Partial<QueueLimits> {
  /** For one try, in milliseconds, look-up and connection included. Default 10_000, at most 60_000. */
  readonly timeoutMs?: number;
  /** The waits before each next try, in milliseconds, a fifth more or less. Default 5 s, 30 s, 2 min, 10 min, 30 min. */
  readonly scheduleMs?: readonly number[];
  /** The longest body, in bytes. Default 65_536. */
  readonly maxPayloadBytes?: number;
  /**
   * Where URLs of customers may lead: `{ allowedHosts, schemes, ports, dangerouslyAllowPrivate }`, in place of those of `outbound`.
   * Default those of `outbound`.
   */
  readonly customers?: UrlPolicyOptions;
}

export interface WebhookEndpoint {
  readonly name: string;
  readonly url: URL;
  readonly sign: RequestSigning | undefined;
  readonly scheduleMs: readonly number[];
  readonly timeoutMs: number;
  readonly tls: SafeFetchTlsOptions | undefined;
  /** Its scheme, host and port, and nothing else. */
  readonly reach: UrlPolicyOptions;
}

export interface WebhookDelivery extends QueueLimits {
  readonly timeoutMs: number;
  readonly scheduleMs: readonly number[];
  readonly maxPayloadBytes: number;
  /** Undefined: the policy of `outbound`. */
  readonly customers: UrlPolicyOptions | undefined;
}

/** What an endpoint takes from `outbound` where it says nothing itself. */
export interface WebhookDefaults extends Pick<WebhookEndpoint, 'timeoutMs' | 'scheduleMs' | 'tls'> {
  readonly dangerouslyAllowPrivate: readonly string[];
}

const ENDPOINT_KEYS = [
  'url',
  'sign',
  'dangerouslyUnsigned',
  'scheduleMs',
  'timeoutMs',
  'tls',
  'dangerouslyAllowPrivate',
];
const DELIVERY_DEFAULTS = {
  timeoutMs: 10_000,
  maxPending: 1_000,
  maxPendingPerHost: 500,
  maxConcurrent: 10,
  maxConcurrentPerHost: 4,
  maxPayloadBytes: 65_536,
} as const;

const LONGEST_TIMEOUT_MS = 60_000;
const LONGEST_WAIT_MS = 86_400_000;
const MOST_WAITS = 20;

/** @throws TypeError naming option, value and fix. */
export function webhookDelivery(options: WebhookDeliveryOptions = {}, option: string): WebhookDelivery {
  checkKeys(option, options, [...Object.keys(DELIVERY_DEFAULTS), 'scheduleMs', 'customers']);
  const count = (key: keyof typeof DELIVERY_DEFAULTS): number =>
    checkPositiveInteger(`${option}.${key}`, options[key] ?? DELIVERY_DEFAULTS[key]);
  return Object.freeze({
    timeoutMs: checkTimeout(`${option}.timeoutMs`, count('timeoutMs')),
    scheduleMs: checkSchedule(`${option}.scheduleMs`, options.scheduleMs ?? DEFAULT_SCHEDULE_MS),
    maxPending: count('maxPending'),
    maxPendingPerHost: count('maxPendingPerHost'),
    maxConcurrent: count('maxConcurrent'),
    maxConcurrentPerHost: count('maxConcurrentPerHost'),
    maxPayloadBytes: count('maxPayloadBytes'),
    customers: checkCustomers(`${option}.customers`, options.customers),
  });
}

function checkCustomers(option: string, policy: UrlPolicyOptions | undefined): UrlPolicyOptions | undefined {
  if (policy === undefined) return undefined;
  checkKeys(option, policy, URL_POLICY_KEYS);
  completeUrlPolicy(option, policy);
  return Object.freeze({ ...policy });
}

/** @throws TypeError naming option and fix; never the URL, which may hold a secret. Keys are looked at when they are imported. */
export function webhookEndpoints(
  webhooks: Readonly<Record<string, WebhookEndpointOptions>> = {},
  defaults: WebhookDefaults,
  option: string,
): ReadonlyMap<string, WebhookEndpoint> {
  if (typeof webhooks !== 'object' || webhooks === null || Array.isArray(webhooks)) {
    throw optionError(option, webhooks, 'is not an object', "Write { orders: { url: 'https://…', sign: { … } } }.");
  }
  return new Map(
    Object.entries(webhooks).map(([name, options]) => {
      checkConfiguredName(option, name);
      return [name, oneEndpoint(name, options, defaults, `${option}.${name}`)];
    }),
  );
}

function oneEndpoint(
  name: string,
  options: WebhookEndpointOptions,
  defaults: WebhookDefaults,
  option: string,
): WebhookEndpoint {
  checkKeys(option, options ?? null, ENDPOINT_KEYS);
  const allowed = options.dangerouslyAllowPrivate ?? defaults.dangerouslyAllowPrivate;
  const timeoutMs = checkPositiveInteger(`${option}.timeoutMs`, options.timeoutMs ?? defaults.timeoutMs);
  const { tls = defaults.tls } = options;
  completeTls(`${option}.tls`, tls);
  const { url, reach } = configuredPlace(option, 'url', options.url, {
    allowedPrivate: allowed,
    example: 'https://hooks.example.com/orders',
    credentials: 'Receivers tell who sends by the signature.',
  });
  return Object.freeze({
    name,
    url,
    sign: checkSigning(option, options),
    scheduleMs: checkSchedule(`${option}.scheduleMs`, options.scheduleMs ?? defaults.scheduleMs),
    timeoutMs: checkTimeout(`${option}.timeoutMs`, timeoutMs),
    tls,
    reach,
  });
}

/** @throws TypeError where nothing is said of signing: a webhook that anybody could have sent is worth nothing. */
export function checkSigning(option: string, options: WebhookSigningOptions): RequestSigning | undefined {
  const isUnsigned = checkBoolean(`${option}.dangerouslyUnsigned`, options.dangerouslyUnsigned ?? false);
  if (isUnsigned && options.sign !== undefined) {
    throw new TypeError(`${option}: has \`sign\` and \`dangerouslyUnsigned\`. Take one of them away.`);
  }
  if (isUnsigned) return undefined;
  if (options.sign !== undefined) return options.sign;
  throw new TypeError(`${option}.sign: is missing. Write sign: { key: process.env.WEBHOOK_SECRET, keyId: 'shop' }.`);
}

export function checkSchedule(option: string, value: unknown): readonly number[] {
  const fix = 'Use waits in milliseconds, e.g. [5_000, 30_000].';
  if (!Array.isArray(value)) throw optionError(option, value, 'is not a list', fix);
  if (value.length > MOST_WAITS) throw optionError(option, value, `holds more than ${MOST_WAITS} waits`, fix);
  return Object.freeze(
    value.map((waitMs: unknown, index) => {
      const wait = checkPositiveInteger(`${option}[${index}]`, waitMs, fix);
      if (wait > LONGEST_WAIT_MS) throw optionError(`${option}[${index}]`, wait, 'is longer than a day', fix);
      return wait;
    }),
  );
}

function checkTimeout(option: string, value: number): number {
  if (value <= LONGEST_TIMEOUT_MS) return value;
  throw optionError(option, value, 'is over a minute', 'Use milliseconds, e.g. 10_000.');
}
