/** Tells a team what somebody should look at: security events, gathered, counted, and sent as signed webhooks. */

import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents, type SecurityEvent } from '../../core/events.js';
import { REQUEST_SIGNER, type RequestSigner } from '../../core/request-signer.js';
import { isThenable } from '../../core/thenable.js';
import { AlertBudget } from './alert-budget.js';
import { AlertGathering, type AlertBatch } from './alert-batch.js';
import type { AlertSettings } from './alert.options.js';
import { OUTBOUND, type OutboundSettings } from '../outbound.options.js';
import type { Pacing } from '../pacing.js';
import { boundedJson, webhookBody, type WrittenWebhook } from '../webhooks/webhook-message.js';
import { WebhookQueue, type WebhookOutcome } from '../webhooks/webhook.queue.js';
import { WebhookReporter } from '../webhooks/webhook.reporter.js';
import { endpointTarget, type WebhookTarget } from '../webhooks/webhook-target.js';
import { runAfter } from '../webhooks/webhook-timer.js';
import { tryOnce } from '../webhooks/webhook-try.js';

/** Messages to one receiver: while it is down, so many wait, and what would be more is counted as lost. */
const LIMITS = { maxPending: 20, maxPendingPerHost: 20, maxConcurrent: 1, maxConcurrentPerHost: 1 };
/** An app that stops waits so long for a try that runs, and then so long for one last try of each message. */
const GRACE_MS = 2_000;
const LAST_TRY_MS = 2_000;
/** Far more than the counts of a full batch, which are what is left to say where the rest does not fit. */
const MAX_BYTES = 262_144;

/** Sends events from `outbound.alerts.level` up. Does nothing where `outbound.alerts` is not set. */
@Injectable()
export class AlertSink implements OnApplicationShutdown {
  readonly #logger = new Logger('Bulwark');
  readonly #settings: AlertSettings | undefined;
  readonly #pacing: Pacing;
  readonly #target: WebhookTarget | undefined;
  readonly #reporter: WebhookReporter;
  readonly #queue: WebhookQueue;
  readonly #budget: AlertBudget;
  readonly #unsubscribe: () => void;
  /** Messages of its own that are on their way. */
  readonly #ownIds = new Set<string>();
  #gathering = new AlertGathering();
  /** Calls off the next flush. Undefined: nothing is gathered. */
  #stopWaiting: (() => void) | undefined = undefined;
  #lost = 0;

  constructor(
    @Inject(OUTBOUND) { alerts, webhooks, network, pacing }: OutboundSettings,
    @Inject(REQUEST_SIGNER) signer: RequestSigner,
    @Inject(SecurityEvents) events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#settings = alerts;
    this.#pacing = pacing;
    this.#reporter = new WebhookReporter(events, clock);
    // A queue of its own: webhooks of the app that pile up do not keep an alert waiting.
    this.#queue = new WebhookQueue(LIMITS, this.#reporter, pacing);
    this.#budget = new AlertBudget(alerts?.maxPerHour ?? 1);
    this.#target = alerts && endpointTarget(webhooks.get(alerts.webhook)!, network, signer);
    this.#unsubscribe =
      alerts === undefined ? () => undefined : events.subscribe(alerts.level, (event) => this.#gather(event, alerts));
  }

  /** Nothing that was gathered goes without a last try: an attack is often what an app is stopped for. */
  async onApplicationShutdown(): Promise<void> {
    this.#stopWaiting?.();
    // What still comes is gathered for the last message.
    this.#stopWaiting = () => undefined;
    await this.#queue.drain(GRACE_MS);
    const lastTry = new AbortController();
    const timer = setTimeout(() => lastTry.abort(new DOMException('The app stops.', 'TimeoutError')), LAST_TRY_MS);
    await this.#queue.giveUp(lastTry.signal);
    this.#unsubscribe();
    // The last of all, so that it tells what became of the others.
    await this.#sendLast(lastTry.signal);
    clearTimeout(timer);
  }

  async #sendLast(signal: AbortSignal): Promise<void> {
    if (this.#target === undefined || this.#gathering.total === 0) return;
    try {
      const { id, body } = this.#written(this.#gathering.batch(this.#lost));
      const result = await tryOnce(this.#target, body, this.clock, signal);
      this.#reporter.report({ id, endpoint: this.#target.endpoint }, 1, result, true);
    } catch (error) {
      this.#complain(error);
    }
  }

  #gather(event: SecurityEvent, settings: AlertSettings): void {
    if (!this.#wants(event, settings)) return;
    this.#gathering.add(event);
    this.#stopWaiting ??= runAfter(this.#pacing, settings.batchMs, () => this.#flush());
  }

  #wants(event: SecurityEvent, { kinds }: AlertSettings): boolean {
    if (!kinds.has(event.kind)) return false;
    // What becomes of alerts is never an alert: one that fails would make the next one.
    return !('deliveryId' in event) || !this.#ownIds.has(event.deliveryId);
  }

  #flush(): void {
    const waitMs = this.#budget.take(this.clock.now());
    if (waitMs > 0) {
      this.#stopWaiting = runAfter(this.#pacing, waitMs, () => this.#flush());
      return;
    }
    this.#stopWaiting = undefined;
    const gathered = this.#gathering;
    const total = gathered.total + this.#lost;
    this.#gathering = new AlertGathering();
    try {
      const outcome = this.#send(gathered.batch(this.#lost));
      void outcome.then(({ delivered }) => {
        if (!delivered) this.#lost += total;
      });
      this.#lost = 0;
    } catch (error) {
      // The queue is full, and has said so in an event; or an event is broken. The next message tells how much is missing.
      this.#lost = total;
      this.#complain(error);
    }
  }

  /** @throws SecurityError when too many wait already. */
  #send(batch: AlertBatch): Promise<WebhookOutcome> {
    const target = this.#target!;
    const { id, body } = this.#written(batch);
    const { endpoint, host, scheduleMs } = target;
    const attempt = (signal: AbortSignal) => tryOnce(target, body, this.clock, signal);
    this.#ownIds.add(id);
    try {
      const outcome = this.#queue.add({ id, endpoint, host, scheduleMs, attempt });
      void outcome.then(() => this.#ownIds.delete(id));
      return outcome;
    } catch (error) {
      this.#ownIds.delete(id);
      throw error;
    }
  }

  /** The whole batch; where that cannot be written, its counts in the receiver's words; and where nothing else can, in ours. */
  #written(batch: AlertBatch): WrittenWebhook {
    const standard = (data: AlertBatch): WrittenWebhook =>
      webhookBody({ type: 'security.alert', data }, this.clock.now(), MAX_BYTES);
    const format = this.#settings?.format;
    const write =
      format === undefined
        ? standard
        : (data: AlertBatch): WrittenWebhook => ({ id: randomUUID(), body: formatted(format, data) });
    for (const data of [batch, countsOf(batch)]) {
      try {
        return write(data);
      } catch (error) {
        this.#complain(error);
      }
    }
    return standard(countsOf(batch));
  }

  #complain(error: unknown): void {
    if (error instanceof SecurityError) return;
    this.#logger.error('An alert could not be written', error instanceof Error ? error.stack : undefined);
  }
}

function formatted(format: (batch: AlertBatch) => unknown, batch: AlertBatch): string {
  const own = format(batch);
  if (!isThenable(own)) return boundedJson(own, MAX_BYTES);
  Promise.resolve(own).catch(() => undefined);
  throw new TypeError('outbound.alerts.format() answers a promise. Make it synchronous.');
}

/** What can be said in few words. */
function countsOf({ alerts, ...rest }: AlertBatch): AlertBatch {
  const short = alerts.map(({ event: _event, ...alert }) => ({ ...alert, event: {} }));
  return { ...rest, alerts: short };
}
