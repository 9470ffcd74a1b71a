/** Which webhooks are on their way, and which is tried next? Held in memory, bounded, fair among receivers. */

import { SecurityError } from '../../core/errors.js';
import type { Pacing } from '../pacing.js';
import type { WebhookReporter, ReportedDelivery } from './webhook.reporter.js';
import { nextWaitMs } from './webhook-schedule.js';
import { runAfter } from './webhook-timer.js';
import { judgeError, type JudgedTry, type WebhookFailure } from './webhook-verdict.js';

/** Those of endpoints and those of customers have a queue each. */
export interface QueueLimits {
  /** Webhooks that are not delivered yet. Over it `send()` refuses. Default 1_000. */
  readonly maxPending: number;
  /** Of these, to one host or endpoint: a dead receiver does not use up the room of all. Default 500. */
  readonly maxPendingPerHost: number;
  /** Tries at once. Default 10. */
  readonly maxConcurrent: number;
  /** Of these, to one host or endpoint: a slow receiver does not hold up the others. Default 4. */
  readonly maxConcurrentPerHost: number;
}

export interface QueuedDelivery extends ReportedDelivery {
  /** `hooks.example.com:443` */
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
  readonly #pendingOf = new Tally();
  readonly #runningOf = new Tally();
  /** Those that may start at once, in order. */
  readonly #ready = new Set<Entry>();
  readonly #onIdle = new Set<() => void>();
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
      for (const name of namesOf(delivery)) this.#pendingOf.add(name);
      this.#ready.add(entry);
      this.#startReady();
    });
  }

  /** Takes nothing more and starts nothing more. What runs may end, within `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#ready.clear();
    for (const { stopWaiting } of this.#pending) stopWaiting?.();
    if (this.#running > 0) await this.#idle(graceMs);
    for (const { abort } of this.#pending) abort.abort();
  }

  /** Ends what is not delivered, and tells so. @param lastTry Each is tried once more, one after the other, until it aborts. */
  async giveUp(lastTry?: AbortSignal): Promise<void> {
    for (const entry of this.#pending) {
      let result: JudgedTry = { delivered: false, reason: 'shutdown', retry: false };
      if (lastTry?.aborted === false) {
        entry.attempts++;
        result = await entry.delivery.attempt(lastTry).catch(judgeError);
      }
      this.#end(entry, result);
    }
  }

  #idle(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onIdle.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #refusal(delivery: QueuedDelivery): 'shutdown' | 'queue_full' | undefined {
    if (this.#isClosed) return 'shutdown';
    const { maxPending, maxPendingPerHost } = this.limits;
    const isFull = namesOf(delivery).some((name) => this.#pendingOf.of(name) >= maxPendingPerHost);
    return isFull || this.#pending.size >= maxPending ? 'queue_full' : undefined;
  }

  #startReady(): void {
    while (!this.#isClosed && this.#running < this.limits.maxConcurrent) {
      const next = this.#next();
      if (next === undefined) return;
      void this.#try(next);
    }
  }

  /** Of those that may start, the first whose endpoint has the fewest tries running: many webhooks of one keep none waiting. */
  #next(): Entry | undefined {
    let best: Entry | undefined;
    let fewest = this.limits.maxConcurrentPerHost;
    for (const entry of this.#ready) {
      const running = Math.max(...namesOf(entry.delivery).map((name) => this.#runningOf.of(name)));
      if (running >= fewest) continue;
      best = entry;
      fewest = running;
      if (running === 0) break;
    }
    return best;
  }

  async #try(entry: Entry): Promise<void> {
    const { delivery } = entry;
    const names = namesOf(delivery);
    this.#ready.delete(entry);
    this.#running++;
    for (const name of names) this.#runningOf.add(name);
    entry.attempts++;
    let result: JudgedTry;
    try {
      result = await delivery.attempt(entry.abort.signal);
    } catch (error) {
      result = judgeError(error);
    }
    this.#running--;
    for (const name of names) this.#runningOf.remove(name);
    // Aborted: somebody else ends it.
    if (this.#pending.has(entry) && !entry.abort.signal.aborted) this.#settle(entry, result);
    this.#startReady();
    if (this.#running === 0) for (const tell of this.#onIdle) tell();
  }

  #settle(entry: Entry, result: JudgedTry): void {
    const waitMs = result.delivered
      ? undefined
      : nextWaitMs({ ...result, attempt: entry.attempts }, entry.delivery.scheduleMs, this.pacing.random());
    if (waitMs === undefined) return this.#end(entry, result);
    this.reporter.report(entry.delivery, entry.attempts, result, false);
    if (this.#isClosed) return;
    entry.stopWaiting = runAfter(this.pacing, waitMs, () => {
      this.#ready.add(entry);
      this.#startReady();
    });
  }

  #end(entry: Entry, result: JudgedTry): void {
    const { delivery, attempts } = entry;
    this.#pending.delete(entry);
    for (const name of namesOf(delivery)) this.#pendingOf.remove(name);
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

/** What the limits of one receiver go by: its host, and who it is. A customer may have many hosts, a host many customers. */
function namesOf({ host, endpoint }: QueuedDelivery): readonly string[] {
  return [`host ${host}`, `endpoint ${endpoint}`];
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
