/** Whom does a webhook go to? A target: its URL, how to sign for it, and the fetch that judges it at each try. */

import type { Clock } from '../../core/clock.js';
import type { RequestSigner, SignRequest } from '../../core/request-signer.js';
import { safeFetchOf } from '../fetch/safe-fetch.js';
import type { SafeFetchOptions } from '../fetch/safe-fetch.options.js';
import { portOf } from '../fetch/url-policy.js';
import type { WebhookEndpoint } from './webhook.options.js';
import { judgeAnswer, judgeError, type JudgedTry } from './webhook-try.js';

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

/** Of what a receiver answers only the status counts; this much of its body may be on the way before we hang up. */
const MAX_ANSWER_BYTES = 1_048_576;

/** The safe fetch for webhooks: no redirects, any content type, for nobody reads the content. */
export function webhookFetch(option: string, policy: SafeFetchOptions, timeoutMs: number): typeof fetch {
  const { contentTypes: _any, ...rest } = policy;
  return safeFetchOf(option, { ...rest, timeoutMs, maxBytes: MAX_ANSWER_BYTES, redirects: 0 });
}

/** A configured endpoint is asked by the scheme and at the port that the app wrote down. */
export function endpointTarget(
  endpoint: WebhookEndpoint,
  network: SafeFetchOptions,
  signer: RequestSigner,
): WebhookTarget {
  const { name, url, sign, scheduleMs, timeoutMs, dangerouslyAllowPrivate } = endpoint;
  const option = `security.outbound.webhooks.${name}`;
  const own: SafeFetchOptions = {
    ...network,
    schemes: [url.protocol === 'https:' ? 'https' : 'http'],
    ports: [portOf(url)],
    ...(dangerouslyAllowPrivate.length > 0 && { dangerouslyAllowPrivate }),
  };
  return Object.freeze({
    endpoint: name,
    url: url.href,
    host: hostOf(url),
    scheduleMs,
    sign: sign && signer.prepare(`${option}.sign`, sign),
    fetch: webhookFetch(option, own, timeoutMs),
  });
}

export function hostOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** One try, signed now. Never rejects. */
export async function tryOnce(
  { url, sign, fetch }: WebhookTarget,
  body: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<JudgedTry> {
  const plain = { 'Content-Type': 'application/json', 'User-Agent': 'nestjs-bulwark' };
  try {
    // Signed anew each time: a receiver refuses what it has seen, or what was signed half an hour ago.
    // What is no URL is not signed: the safe fetch will say so.
    const signNow = URL.canParse(url) ? sign : undefined;
    const headers = signNow?.({ method: 'POST', url, headers: plain, body }, clock.now()) ?? plain;
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', ...(signal && { signal }) });
    // Nobody reads what a receiver says: it may be endless, and what an app showed of it would be a way to read networks.
    response.body?.cancel().catch(() => undefined);
    return judgeAnswer(response.status, response.headers.get('retry-after'), clock.now());
  } catch (error) {
    return judgeError(error);
  }
}
