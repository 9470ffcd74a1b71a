/** How does the app ask others? The `outbound` options. */

import { checkKeys, optionError } from '../core/checks.js';
import { alertSettings, repeatPolicy, type AlertOptions, type AlertSettings } from './alerts/alert.options.js';
import type { RepeatPolicy } from './alerts/alert-repeats.js';
import { systemPacing, type Pacing } from './pacing.js';
import { completeSafeFetch, SAFE_FETCH_KEYS, type SafeFetchOptions } from './fetch/safe-fetch.options.js';
import { upstreamSettings, type UpstreamOptions, type UpstreamSettings } from './third-party/upstream.options.js';
import {
  webhookDelivery,
  webhookEndpoints,
  type WebhookDelivery,
  type WebhookDeliveryOptions,
  type WebhookEndpoint,
  type WebhookEndpointOptions,
} from './webhooks/webhook.options.js';

/** What `SafeHttpClient` may fetch, and the services that `ThirdPartyClient` knows. */
export interface OutboundOptions extends SafeFetchOptions {
  /** Services of others, by name: `{ partners: { baseUrl: 'https://api.partner.example' } }`. Default none. */
  readonly upstreams?: Readonly<Record<string, UpstreamOptions>>;
  /** Receivers of webhooks, by name: `{ orders: { url: 'https://hooks.example.com', sign: { key, keyId } } }`. Default none. */
  readonly webhooks?: Readonly<Record<string, WebhookEndpointOptions>>;
  /** How webhooks are delivered: tries, waits, how many at once. */
  readonly webhookDelivery?: WebhookDeliveryOptions;
  /** Which security events a team is told of, by one of the webhooks. Default none. */
  readonly alerts?: AlertOptions;
  /** How waits between tries pass, for tests. Default: timers and random numbers. */
  readonly pacing?: Pacing;
}

export interface OutboundSettings {
  /** Of `SafeHttpClient`. */
  readonly fetch: SafeFetchOptions;
  /** What every fetch of this app has in common, whoever it may ask: how names are looked up, and the proxy. */
  readonly network: SafeFetchOptions;
  readonly upstreams: ReadonlyMap<string, UpstreamSettings>;
  readonly webhooks: ReadonlyMap<string, WebhookEndpoint>;
  readonly webhookDelivery: WebhookDelivery;
  readonly alerts: AlertSettings | undefined;
  /** When refusals of one caller are an event of their own. Undefined: never. */
  readonly repeated: RepeatPolicy | undefined;
  readonly pacing: Pacing;
}

export const OUTBOUND = Symbol('bulwark:outbound');

const WHERE = 'security.outbound';

/** @throws TypeError naming option, value and fix. */
export function outboundSettings(options: OutboundOptions = {}): OutboundSettings {
  checkKeys(WHERE, options, [...SAFE_FETCH_KEYS, 'upstreams', 'webhooks', 'webhookDelivery', 'alerts', 'pacing']);
  const { upstreams = {}, webhooks, alerts, pacing = systemPacing, webhookDelivery: delivery, ...fetch } = options;
  const { timeoutMs, maxBytes } = completeSafeFetch(WHERE, fetch);
  const { tls } = fetch;
  const dangerouslyAllowPrivate = fetch.dangerouslyAllowPrivate ?? [];
  const deliverySettings = webhookDelivery(delivery, `${WHERE}.webhookDelivery`);
  const endpoints = webhookEndpoints(
    webhooks,
    { ...deliverySettings, tls, dangerouslyAllowPrivate },
    `${WHERE}.webhooks`,
  );
  return Object.freeze({
    fetch: Object.freeze(fetch),
    network: networkOf(fetch),
    upstreams: upstreamSettings(upstreams, { timeoutMs, maxBytes, tls, dangerouslyAllowPrivate }, `${WHERE}.upstreams`),
    webhooks: endpoints,
    webhookDelivery: deliverySettings,
    alerts: alertSettings(alerts, endpoints, `${WHERE}.alerts`),
    repeated: repeatPolicy(alerts?.repeated, `${WHERE}.alerts.repeated`),
    pacing: checkPacing(pacing),
  });
}

/** Not `tls`: an authority of one partner's is none for the services that everybody uses. */
function networkOf({ lookup, proxy }: SafeFetchOptions): SafeFetchOptions {
  return Object.freeze({
    ...(lookup !== undefined && { lookup }),
    ...(proxy !== undefined && { proxy }),
  });
}

function checkPacing(pacing: Pacing): Pacing {
  if (typeof pacing?.random === 'function' && typeof pacing.wait === 'function') return pacing;
  throw optionError(`${WHERE}.pacing`, pacing, 'is not complete', 'Use { random, wait }.');
}
