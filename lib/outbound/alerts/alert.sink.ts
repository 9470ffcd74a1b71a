/** Tells a team what somebody should look at: security events, gathered, counted, and sent as signed webhooks. */

import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents, type SecurityEvent, type SecurityEventLevel } from '../../core/events.js';
import { REQUEST_SIGNER, type RequestSigner } from '../../core/request-signer.js';
import { isThenable } from '../../core/thenable.js';
import { AlertBudget } from './alert-budget.js';
import { AlertGathering, type AlertBatch } from './alert-batch.js';
import { AlertRepeats } from './alert-repeats.js';
import type { AlertSettings } from './alert.options.js';
import { OUTBOUND, type OutboundSettings } from '../outbound.options.js';
import type { Pacing } from '../pacing.js';
import { boundedJson, webhookBody, type WrittenWebhook } from '../webhooks/webhook-message.js';
import { WebhookQueue, type WebhookOutcome } from '../webhooks/webhook.queue.js';
import { WebhookReporter } from '../webhooks/webhook.reporter.js';
import { endpointTarget, tryOnce, type WebhookTarget } from '../webhooks/webhook-target.js';
import { runAfter } from '../webhooks/webhook-timer.js';

/** Messages to one receiver: while it is down, so many wait, and what would be more is counted as lost. */
const LIMITS = { maxPending: 20, maxPendingPerHost: 20, maxConcurrent: 1, maxConcurrentPerHost: 1 };
/** An app that stops waits so long for its last message. */
const LAST_TRY_MS = 2_000;
/** Far more than the counts of a full batch, which are what is left to say where the rest does not fit. */
const MAX_BYTES = 262_144;

/**
 * Sends events from `outbound.alerts.level` up. Does nothing where `outbound.alerts` is not set. A sink like those of
 * `audit.sinks`, that listens by itself.
 */
@Injectable()
export class AlertSink implements BeforeApplicationShutdown {
  readonly level: SecurityEventLevel;
  readonly #logger = new Logger('Bulwark');
  readonly #settings: AlertSettings | undefined;
  readonly #pacing: Pacing;
  readonly #target: WebhookTarget | undefined;
  readonly #reporter: WebhookReporter;
  readonly #queue: WebhookQueue;
  readonly #budget: AlertBudget;
  readonly #unsubscribe: (() => void)[] = [];
  #gathering = new AlertGathering();
  /** Calls off the next flush. Undefined: nothing is gathered. */
  #stopWaiting: (() => void) | undefined = undefined;
  #lost = 0;

  constructor(
    @Inject(OUTBOUND) { alerts, webhooks, network, pacing }: OutboundSettings,
    @Inject(REQUEST_SIGNER) signer: RequestSigner,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.level = alerts?.level ?? 'alert';
    this.#settings = alerts;
    this.#pacing = pacing;
    this.#reporter = new WebhookReporter(events, clock);
    // A queue of its own: webhooks of the app that pile up do not keep an alert waiting.
    this.#queue = new WebhookQueue(LIMITS, this.#reporter, pacing);
    this.#budget = new AlertBudget(alerts?.maxPerHour ?? 1);
    if (alerts === undefined) return;
    this.#target = endpointTarget(webhooks.get(alerts.webhook)!, network, signer);
    this.#unsubscribe.push(this.events.subscribe(alerts.level, (event) => this.write(event)));
    if (alerts.repeated === undefined) return;
    const repeats = new AlertRepeats(alerts.repeated);
    this.#unsubscribe.push(
      this.events.subscribe('warning', (event) => {
        const raised = repeats.see(event);
        if (raised !== undefined) this.events.emit(raised);
      }),
    );
  }

  write(event: SecurityEvent): void {
    if (this.#settings === undefined || !this.#wants(event, this.#settings)) return;
    this.#gathering.add(event);
    this.#stopWaiting ??= runAfter(this.#pacing, this.#settings.batchMs, () => this.#flush());
  }

  /** What is gathered goes out in one last try: an attack is often what an app is stopped for. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#stopWaiting?.();
    this.#queue.close();
    if (this.#target === undefined || this.#gathering.total === 0) return;
    try {
      const { id, body } = this.#written(this.#gathering.batch(this.#lost));
      const result = await tryOnce(this.#target, body, this.clock, AbortSignal.timeout(LAST_TRY_MS));
      this.#reporter.report({ id, endpoint: this.#target.endpoint }, 1, result, true);
    } catch (error) {
      this.#complain(error);
    }
  }

  #wants(event: SecurityEvent, { kinds, webhook }: AlertSettings): boolean {
    // What becomes of alerts is never an alert: one that fails would make the next one.
    const isOwn = (event.kind === 'webhook_failed' || event.kind === 'webhook_delivered') && event.endpoint === webhook;
    return !isOwn && kinds.has(event.kind);
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
    return this.#queue.add({ id, endpoint, host, scheduleMs, attempt });
  }

  #written(batch: AlertBatch): WrittenWebhook {
    const standard = (data: unknown): WrittenWebhook =>
      webhookBody({ type: 'security.alert', data }, this.clock.now(), MAX_BYTES);
    try {
      const written = standard(batch);
      const format = this.#settings?.format;
      if (format === undefined) return written;
      const own = format(batch);
      if (isThenable(own)) {
        Promise.resolve(own).catch(() => undefined);
        throw new TypeError('outbound.alerts.format() answers a promise. Make it synchronous.');
      }
      return { ...written, body: boundedJson(own, MAX_BYTES) };
    } catch (error) {
      // Too long, or a format() that fails. What can be said in few words is still said.
      this.#complain(error);
      return standard(countsOf(batch));
    }
  }

  #complain(error: unknown): void {
    if (error instanceof SecurityError) return;
    this.#logger.error('An alert could not be written', error instanceof Error ? error.stack : undefined);
  }
}

function countsOf({ alerts, ...rest }: AlertBatch): AlertBatch {
  const short = alerts.map(({ event: _event, ...alert }) => ({ ...alert, event: {} }));
  return { ...rest, alerts: short };
}
