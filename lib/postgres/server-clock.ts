/** What time will it be at the database when nobody here waits any more? Its clock and ours need not agree for that. */

import { steadyNowMs } from '../core/clock.js';
import type { PostgresClient, PostgresParameter } from './postgres-client.js';
import { PostgresReadOnly } from './postgres-failure.js';
import { queryInTime } from './query-in-time.js';

const NOW = `SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::double precision AS now_ms,
  (pg_catalog.current_setting('transaction_read_only') = 'on')::text AS is_read_only`;

/** So long, in milliseconds, a measurement is good: clocks drift by less than that matters. */
const GOOD_FOR_MS = 60_000;

export class ServerClock {
  /** So far the server's clock is ahead of our steady one; rather too far, by as long as the answer took. */
  #aheadMs: number | undefined;
  #measuredMs = -Infinity;
  #isMeasuring = false;

  constructor(
    private readonly client: PostgresClient,
    private readonly timeoutMs: number,
  ) {}

  /**
   * @param settled Told when the client has an answer or none, however late.
   * @throws the client's error, `PostgresTimeout`, or `PostgresReadOnly`: it answers, and is of no use.
   */
  async measure(settled?: () => void): Promise<void> {
    const sentMs = steadyNowMs();
    const rows = await queryInTime(this.client, this.timeoutMs, NOW, [], settled);
    const { now_ms, is_read_only } = (rows[0] ?? {}) as Readonly<Record<string, unknown>>;
    if (is_read_only === 'true') throw new PostgresReadOnly();
    const nowMs = Number(now_ms);
    this.#measuredMs = steadyNowMs();
    this.#aheadMs = Number.isFinite(nowMs) ? nowMs - sentMs : undefined;
  }

  /** When nobody waits any more for what is asked now, by the server's clock. Null: it was never measured. */
  deadlineMs(): PostgresParameter {
    if (this.#aheadMs === undefined) return null;
    const nowMs = steadyNowMs();
    if (nowMs - this.#measuredMs > GOOD_FOR_MS) this.#measureAgain();
    return nowMs + this.timeoutMs + this.#aheadMs;
  }

  /** Beside what goes on. Where that fails, it is for others to find out. */
  #measureAgain(): void {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    this.measure().then(
      () => (this.#isMeasuring = false),
      () => (this.#isMeasuring = false),
    );
  }
}
