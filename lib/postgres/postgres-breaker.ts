/** Is it worth asking? During an outage nobody waits for a database that does not answer, until it has answered a probe. */

import { Logger } from '@nestjs/common';
import { steadyNowMs } from '../core/clock.js';
import type { StoreContext } from '../core/store-context.js';
import type { PostgresFailure } from './postgres-failure.js';

/** What these stores are called in events and errors. */
export const POSTGRES = 'postgres';

/** One slow or lost answer is a hiccup: a pool has many connections. This many with no good one in between are an outage. */
const FAILURES_TO_OPEN = 3;

/** So long between two probes, in milliseconds: how long an outage that is over still lasts at most. */
const PROBE_EVERY_MS = 250;

/** There is no choice: what Postgres keeps is what nothing else may stand in for. */
const POLICY = 'everything: closed';

/** Opens when nobody can come in, at once; on other failures when they come in a row. Closes by itself. */
export class PostgresBreaker {
  readonly #contexts = new Set<StoreContext>();
  readonly #logger = new Logger('Bulwark');
  #failures = 0;
  #openSinceMs: number | undefined;

  /**
   * @param probe Asks the database something cheap. Rejects when it does not answer.
   * @param isGone Was the client closed by the app? Then there is nothing left to probe.
   */
  constructor(
    private readonly probe: () => Promise<unknown>,
    private readonly isGone: () => boolean,
  ) {}

  /** Open: nothing is asked. */
  get isOpen(): boolean {
    return this.#openSinceMs !== undefined;
  }

  connect(context: StoreContext): () => void {
    this.#contexts.add(context);
    return () => this.#contexts.delete(context);
  }

  /** An answer came in time. */
  succeeded(): void {
    this.#failures = 0;
  }

  failed({ why, outage, isDown }: PostgresFailure): void {
    if (!outage) return this.succeeded();
    if (isDown || ++this.#failures >= FAILURES_TO_OPEN) this.#open(why);
  }

  #open(reason: string): void {
    if (this.isOpen) return;
    this.#openSinceMs = steadyNowMs();
    if (this.#contexts.size === 0)
      this.#logger.warn(`${POSTGRES} cannot be reached: ${reason}. Until it is back ${POLICY}.`);
    for (const { events, clock } of this.#contexts) {
      const timeMs = clock.now();
      events.emit({
        kind: 'store_outage',
        timeMs,
        level: 'alert',
        subject: {},
        store: POSTGRES,
        policy: POLICY,
        reason,
      });
    }
    // At once: if it was a hiccup, it is over when the first probe is answered.
    setImmediate(() => void this.#tryAgain());
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.probe();
      this.#close();
    } catch {
      // A process that has nothing else to do may end meanwhile.
      if (!this.isGone()) setTimeout(() => void this.#tryAgain(), PROBE_EVERY_MS).unref();
    }
  }

  #close(): void {
    const afterMs = Math.round(steadyNowMs() - this.#openSinceMs!);
    this.#openSinceMs = undefined;
    this.#failures = 0;
    if (this.#contexts.size === 0) this.#logger.log(`${POSTGRES} is back, after ${afterMs} ms.`);
    for (const { events, clock } of this.#contexts) {
      const timeMs = clock.now();
      events.emit({ kind: 'store_recovered', timeMs, level: 'alert', subject: {}, store: POSTGRES, afterMs });
    }
  }
}
