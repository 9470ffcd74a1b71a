/** Which webhooks are on their way, and which is tried next? Held in memory, bounded, fair among receivers. */

import { SecurityError } from '../../core/errors.js';
import type { Pacing } from '../pacing.js';
import type { WebhookReporter, ReportedDelivery } from './webhook.reporter.js';
import { nextWaitMs } from './webhook-schedule.js';
import { runAfter } from './webhook-timer.js';
import { judgeError, type JudgedTry, type WebhookFailure } from './webhook-try.js';

export interface QueueLimits {
  /** Webhooks that are not delivered yet. */
  readonly maxPending: number;
  /** Of these, to one host: a dead receiver does not use up the room of all. */
  readonly maxPendingPerHost: number;
  /** Tries at once. */
  readonly maxConcurrent: number;
  /** Of these, to one host: a slow receiver does not hold up the others. */
  readonly maxConcurrentPerHost: number;
}

export interface QueuedDelivery extends ReportedDelivery {
  /** `hooks.example.com:443`: what the limits per host go by. */
  readonly host: string;
  readonly scheduleMs: readonly number[];
  /** One try, signed anew. */
  attempt(signal: AbortSignal): Promise<JudgedTry>;
}

/** How it ended. */
export interface WebhookOutcome {
  readonly id: string;
  readonly delivered: boolean;
  readonly attempts: number;
  /** Of the last try, where there was an answer. */
  readonly status?: number;
  /** Where it was not delivered. */
  readonly reason?: WebhookFailure;
}

interface Entry {
  readonly delivery: QueuedDelivery;
  readonly finish: (outcome: WebhookOutcome) => void;
  readonly abort: AbortController;
  attempts: number;
  /** Calls off the wait for the next try. */
  stopWaiting: (() => void) | undefined;
}

export class WebhookQueue {
  readonly #pending = new Set<Entry>();
  readonly #pendingByHost = new Tally();
  readonly #runningByHost = new Tally();
  /** Those that may start at once, in order. */
  readonly #ready = new Set<Entry>();
  #running = 0;
  #isClosed = false;

  constructor(
    private readonly limits: QueueLimits,
    private readonly reporter: WebhookReporter,
    private readonly pacing: Pacing,
  ) {}

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Takes a delivery over. The promise tells how it ended, and never rejects.
   *
   * @throws SecurityError `unavailable` when there is no room, or the app is shutting down.
   */
  add(delivery: QueuedDelivery): Promise<WebhookOutcome> {
    const refusal = this.#refusal(delivery);
    if (refusal !== undefined) {
      this.reporter.report(delivery, 0, { delivered: false, reason: refusal, retry: false }, true);
      throw new SecurityError('unavailable', { reason: `webhook_${refusal}`, recorded: true });
    }
    return new Promise((finish) => {
      const entry: Entry = {
        delivery,
        finish,
        abort: new AbortController(),
        attempts: 0,
        stopWaiting: undefined,
      };
      this.#pending.add(entry);
      this.#pendingByHost.add(delivery.host);
      this.#ready.add(entry);
      this.#startReady();
    });
  }

  /** Gives up what is not delivered, tells so, and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#pending) this.#end(entry, { delivered: false, reason: 'shutdown', retry: false });
  }

  #refusal({ host }: QueuedDelivery): 'shutdown' | 'queue_full' | undefined {
    if (this.#isClosed) return 'shutdown';
    const isFull =
      this.#pending.size >= this.limits.maxPending || this.#pendingByHost.of(host) >= this.limits.maxPendingPerHost;
    return isFull ? 'queue_full' : undefined;
  }

  #startReady(): void {
    for (const entry of this.#ready) {
      if (this.#running >= this.limits.maxConcurrent) return;
      if (this.#runningByHost.of(entry.delivery.host) < this.limits.maxConcurrentPerHost) void this.#try(entry);
    }
  }

  async #try(entry: Entry): Promise<void> {
    const { delivery } = entry;
    this.#ready.delete(entry);
    this.#running++;
    this.#runningByHost.add(delivery.host);
    entry.attempts++;
    let result: JudgedTry;
    try {
      result = await delivery.attempt(entry.abort.signal);
    } catch (error) {
      result = judgeError(error);
    }
    this.#running--;
    this.#runningByHost.remove(delivery.host);
    if (this.#pending.has(entry)) this.#settle(entry, result);
    this.#startReady();
  }

  #settle(entry: Entry, result: JudgedTry): void {
    const waitMs = result.delivered
      ? undefined
      : nextWaitMs({ ...result, attempt: entry.attempts }, entry.delivery.scheduleMs, this.pacing.random());
    if (waitMs === undefined) return this.#end(entry, result);
    this.reporter.report(entry.delivery, entry.attempts, result, false);
    entry.stopWaiting = runAfter(this.pacing, waitMs, () => {
      this.#ready.add(entry);
      this.#startReady();
    });
  }

  #end(entry: Entry, result: JudgedTry): void {
    const { delivery, attempts } = entry;
    this.#pending.delete(entry);
    this.#pendingByHost.remove(delivery.host);
    this.#ready.delete(entry);
    entry.stopWaiting?.();
    entry.abort.abort();
    this.reporter.report(delivery, attempts, result, true);
    const { delivered, status, reason } = result;
    entry.finish({
      id: delivery.id,
      delivered,
      attempts,
      ...(status !== undefined && { status }),
      ...(reason !== undefined && { reason }),
    });
  }
}

/** Counts by name, and forgets names that are at nothing. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  remove(name: string): void {
    const left = this.of(name) - 1;
    if (left > 0) this.#counts.set(name, left);
    else this.#counts.delete(name);
  }
}
