/** A script that was sent to Redis: what its answer, or none, means to whoever asked and to all who will ask. */

import type { StoreUnavailableError } from '../core/store-unavailable.js';
import type { ProbeResult, RedisBreaker } from './redis-breaker.js';
import { Waiting, type RedisDeadlines } from './redis-deadlines.js';
import { failureOf, unavailable } from './redis-failure.js';
import type { RedisNews } from './redis-news.js';
import type { RedisScript, ScriptCaller } from './redis-script.js';

/** Whoever asked. Told once, one or the other. */
export interface Asker {
  answered(reply: unknown): void;
  failed(failure: StoreUnavailableError): void;
}

export class RedisCommand extends Waiting implements ScriptCaller {
  constructor(
    private readonly asker: Asker,
    private readonly script: RedisScript,
    private readonly breaker: RedisBreaker,
    private readonly news: RedisNews,
    deadlines: RedisDeadlines,
  ) {
    super(deadlines);
  }

  replied(reply: unknown): void {
    if (!this.settle()) return;
    this.breaker.succeeded();
    this.asker.answered(reply);
  }

  broke(error: unknown): void {
    if (!this.settle()) return;
    const failure = failureOf(error, this.script.name);
    if (failure.outage) this.breaker.open(failure.reason);
    this.asker.failed(this.news.refused(failure));
  }

  /** What was sent may still happen. */
  expire(): void {
    this.breaker.timedOut();
    this.asker.failed(this.news.refused(unavailable('timeout')));
  }
}

/** Looks whether Redis is back. An answer that comes late is none: whoever asked would not have waited for it. */
export class RedisProbe extends Waiting implements ScriptCaller {
  constructor(
    private readonly tell: (result: ProbeResult) => void,
    deadlines: RedisDeadlines,
  ) {
    super(deadlines);
  }

  replied(): void {
    if (this.settle()) this.tell('up');
  }

  broke(error: unknown): void {
    if (this.settle()) this.tell(failureOf(error, 'probe').outage ? 'down' : 'up');
  }

  expire(): void {
    this.tell('down');
  }
}
