/** Sends webhooks: signed, to addresses that may be reached, again when it fails, and never twice as two. */

import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { nearest } from '../../core/checks.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents } from '../../core/events.js';
import { REQUEST_SIGNER, type RequestSigner } from '../../core/request-signer.js';
import { OUTBOUND, type OutboundSettings } from '../outbound.options.js';
import { webhookBody, type WebhookMessage } from './webhook-message.js';
import { WebhookQueue, type WebhookOutcome } from './webhook.queue.js';
import { WebhookReporter } from './webhook.reporter.js';
import { checkSchedule, checkSigning, type WebhookSigningOptions } from './webhook.options.js';
import { endpointTarget, hostAndPort, webhookFetch, type WebhookTarget } from './webhook-target.js';
import { tryOnce } from './webhook-try.js';
import type { WebhookTry } from './webhook-verdict.js';

/** A webhook that was taken on. */
export interface SentWebhook {
  /** The same in every try: receivers drop doubles by it. */
  readonly id: string;
  /** How it ends, after the last try. Never rejects; nobody has to wait for it. */
  readonly outcome: Promise<WebhookOutcome>;
}

/** An app that stops waits so long for tries that run. */
const GRACE_MS = 2_000;

/** To a URL that a customer gave. */
export interface WebhookToOptions extends WebhookSigningOptions {
  /** What events call the receiver: the customer's id, say. Default: the host of the URL. */
  readonly endpoint?: string;
}

/** One try, out of a queue of the app's own. */
export interface OnceOptions {
  /** Which try this is, for the events. Default 1. */
  readonly attempt?: number;
}

/**
 * Sends webhooks to the endpoints of `outbound.webhooks`, and to URLs of customers. Deliveries wait in this process's memory:
 * what is not delivered when it stops is told by an event, and gone. For more, call `deliverOnce()` from a queue that lasts.
 *
 * @example
 * const { id } = await webhooks.send('orders', { type: 'order.paid', data: { order_id } });
 */
@Injectable()
export class WebhookSender implements OnApplicationShutdown {
  readonly #targets: ReadonlyMap<string, WebhookTarget>;
  /** Customers, however many and slow their hosts are, keep no webhook of the app's own endpoints waiting. */
  readonly #endpointQueue: WebhookQueue;
  readonly #customerQueue: WebhookQueue;
  readonly #reporter: WebhookReporter;
  /** For URLs of customers. */
  readonly #fetch: typeof fetch;

  constructor(
    @Inject(OUTBOUND) private readonly settings: OutboundSettings,
    @Inject(REQUEST_SIGNER) private readonly signer: RequestSigner,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SecurityEvents) events: SecurityEvents,
  ) {
    const { webhooks, webhookDelivery, fetch, network, pacing } = settings;
    this.#targets = new Map(
      [...webhooks.values()].map((endpoint) => [endpoint.name, endpointTarget(endpoint, network, signer)]),
    );
    this.#reporter = new WebhookReporter(events, clock);
    this.#endpointQueue = new WebhookQueue(webhookDelivery, this.#reporter, pacing);
    this.#customerQueue = new WebhookQueue(webhookDelivery, this.#reporter, pacing);
    const { customers, timeoutMs } = webhookDelivery;
    const policy = customers === undefined ? fetch : { ...network, ...(fetch.tls && { tls: fetch.tls }), ...customers };
    this.#fetch = webhookFetch('security.outbound', policy, timeoutMs);
  }

  /** How many webhooks are not delivered yet. */
  get pending(): number {
    return this.#endpointQueue.size + this.#customerQueue.size;
  }

  /**
   * Takes a webhook on, to be tried at once and then by the schedule of its endpoint. A status of 2xx delivers it; 408, 425,
   * 429, 5xx and no answer at all are tried again; 410, redirects, other statuses and refused addresses end it.
   *
   * The promise rejects with a SecurityError `unavailable` when too many are pending, with a TypeError for an endpoint that is
   * not configured, with a RangeError for a body over `maxPayloadBytes`.
   */
  async send(endpoint: string, message: WebhookMessage): Promise<SentWebhook> {
    return this.#enqueue(this.#endpointQueue, this.#targetOf(endpoint), message);
  }

  /**
   * The same for a URL that a customer gave, under the policy of `webhookDelivery.customers`, else of `outbound`: the address is judged at each try, where it is
   * dialled. Check it with `@SafeUrl()` when it is entered.
   *
   * @example
   * await webhooks.sendTo(customer.hookUrl, { type, data }, { sign: { key: customer.hookSecret, keyId: customer.id } });
   */
  async sendTo(url: string, message: WebhookMessage, options: WebhookToOptions): Promise<SentWebhook> {
    return this.#enqueue(this.#customerQueue, this.#customTarget(url, options), message);
  }

  /**
   * One try, for queues that last. Give the message an `id` and a `timeMs`, so that the next try is the same webhook; try
   * again later where `retry` says so. Never rejects for what the receiver does.
   */
  async deliverOnce(endpoint: string, message: WebhookMessage, options: OnceOptions = {}): Promise<WebhookTry> {
    return this.#once(this.#targetOf(endpoint), message, options);
  }

  /** One try to a URL that a customer gave. */
  async deliverOnceTo(
    url: string,
    message: WebhookMessage,
    { attempt, ...options }: WebhookToOptions & OnceOptions,
  ): Promise<WebhookTry> {
    return this.#once(this.#customTarget(url, options), message, attempt === undefined ? {} : { attempt });
  }

  /** After the last request was answered: handlers that are still at it may send. What is being tried may end. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(
      [this.#endpointQueue, this.#customerQueue].map(async (queue) => {
        await queue.drain(GRACE_MS);
        await queue.giveUp();
      }),
    );
  }

  /** @throws TypeError naming the endpoint that was meant, perhaps. */
  #targetOf(endpoint: string): WebhookTarget {
    const target = this.#targets.get(endpoint);
    if (target !== undefined) return target;
    const near = nearest(String(endpoint), [...this.#targets.keys()]);
    const fix = near === undefined ? 'Add it to security.outbound.webhooks.' : `Did you mean "${near}"?`;
    throw new TypeError(`WebhookSender: there is no endpoint ${JSON.stringify(endpoint)}. ${fix}`);
  }

  #customTarget(url: string, options: WebhookToOptions): WebhookTarget {
    const signing = checkSigning('WebhookSender.sendTo', options ?? {});
    const { scheduleMs = this.settings.webhookDelivery.scheduleMs, endpoint } = options;
    // What cannot be read goes on as it is: the safe fetch refuses it, and the outcome says so.
    const read = URL.canParse(url) ? new URL(url) : undefined;
    // A dot at the end is left out where it is asked, so it is left out where it is signed.
    if (read?.hostname.endsWith('.')) read.hostname = read.hostname.slice(0, -1);
    const host = read === undefined ? 'unreadable' : hostAndPort(read);
    return {
      endpoint: endpoint ?? host,
      // As it goes over the wire, and as it is signed.
      url: read?.href ?? String(url),
      host,
      scheduleMs: checkSchedule('WebhookSender.sendTo.scheduleMs', scheduleMs),
      sign: signing && this.signer.prepare('WebhookSender.sendTo.sign', signing),
      fetch: this.#fetch,
    };
  }

  #enqueue(queue: WebhookQueue, target: WebhookTarget, message: WebhookMessage): SentWebhook {
    const { id, body } = webhookBody(message, this.clock.now(), this.settings.webhookDelivery.maxPayloadBytes);
    const { endpoint, host, scheduleMs } = target;
    const attempt = (signal: AbortSignal) => tryOnce(target, body, this.clock, signal);
    return { id, outcome: queue.add({ id, endpoint, host, scheduleMs, attempt }) };
  }

  async #once(target: WebhookTarget, message: WebhookMessage, { attempt = 1 }: OnceOptions): Promise<WebhookTry> {
    const { id, body } = webhookBody(message, this.clock.now(), this.settings.webhookDelivery.maxPayloadBytes);
    const { detail, ...result } = await tryOnce(target, body, this.clock);
    const judged = detail === undefined ? result : { ...result, detail };
    this.#reporter.report({ id, endpoint: target.endpoint }, attempt, judged, !result.retry);
    return result;
  }
}
