/** Whom does a webhook go to? A target: its URL, how to sign for it, and the fetch that judges it at each try. */

import type { RequestSigner, SignRequest } from '../../core/request-signer.js';
import { safeFetchOf } from '../fetch/safe-fetch.js';
import type { SafeFetchOptions } from '../fetch/safe-fetch.options.js';
import { portOf } from '../fetch/url-policy.js';
import type { WebhookEndpoint } from './webhook.options.js';

export interface WebhookTarget {
  /** What events call it. */
  readonly endpoint: string;
  readonly url: string;
  /** `hooks.example.com:443` */
  readonly host: string;
  readonly scheduleMs: readonly number[];
  /** Undefined: dangerously unsigned. */
  readonly sign: SignRequest | undefined;
  readonly fetch: typeof fetch;
}

/**
 * The safe fetch for webhooks: no redirects, and whatever content, for nobody reads it. It may be endless, and what an app
 * showed of it would be a way to read networks.
 */
export function webhookFetch(option: string, policy: SafeFetchOptions, timeoutMs: number): typeof fetch {
  return safeFetchOf(option, { ...policy, timeoutMs, redirects: 0 }, { bodyWanted: false });
}

/** A configured endpoint is asked by the scheme and at the port that the app wrote down. */
export function endpointTarget(
  endpoint: WebhookEndpoint,
  network: SafeFetchOptions,
  signer: RequestSigner,
): WebhookTarget {
  const { name, url, sign, scheduleMs, timeoutMs, tls, reach } = endpoint;
  const option = `security.outbound.webhooks.${name}`;
  const own: SafeFetchOptions = { ...network, ...reach, ...(tls !== undefined && { tls }) };
  return Object.freeze({
    endpoint: name,
    url: url.href,
    host: hostAndPort(url),
    scheduleMs,
    sign: sign && signer.prepare(`${option}.sign`, sign),
    fetch: webhookFetch(option, own, timeoutMs),
  });
}

/** What limits go by. A dot at the end of a name makes no other host of it. */
export function hostAndPort(url: URL): string {
  return `${url.hostname.replace(/\.$/, '')}:${portOf(url)}`;
}
