/** How much gets through in a moment, for somebody who knows when a window ends? */

import type { Increment } from './nest-lab.js';

const LIMIT = 100;
const TTL_MS = 2000;
const SPAN_MS = TTL_MS / 10;
/** As short as it goes: nobody is to be refused for what they did before. */
const BLOCK_MS = 1;

export interface WorstBurst {
  readonly limit: number;
  readonly spanMs: number;
  /** The most that was admitted in any span of this length. */
  readonly admitted: number;
  /** What a token bucket of this rate may admit in such a span. */
  readonly bound: number;
}

/** One call opens a window; the rest of the limit is used just before it ends, and the next one just after. */
export async function worstBurst(storage: Increment): Promise<WorstBurst> {
  const times: number[] = [];
  const key = `edge-${Math.trunc(performance.now())}`;
  const call = async (): Promise<void> => {
    const { isBlocked } = await storage.increment(key, TTL_MS, LIMIT, BLOCK_MS, 'default');
    if (!isBlocked) times.push(performance.now());
  };
  const start = performance.now();
  await call();
  const until = (ms: number) =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, start + ms - performance.now())));
  await until(TTL_MS - SPAN_MS / 4);
  for (let calls = 1; calls < LIMIT; calls++) await call();
  await until(TTL_MS + 10);
  for (let calls = 0; calls < LIMIT; calls++) await call();
  let admitted = 0;
  for (const from of times)
    admitted = Math.max(admitted, times.filter((at) => at >= from && at <= from + SPAN_MS).length);
  return { limit: LIMIT, spanMs: SPAN_MS, admitted, bound: LIMIT + Math.ceil((LIMIT * SPAN_MS) / TTL_MS) };
}
