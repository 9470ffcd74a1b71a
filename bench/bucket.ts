/** What does a bucket cost, in time and memory? The memory store against the throttler's own storage, in one run. */

import { ThrottlerStorageService } from '@nestjs/throttler';
import { MemoryBucketStore } from '../lib/throttling/memory-bucket.store.js';
import { perHour } from '../lib/throttling/rate.js';
import { TokenBucketThrottlerStorage } from '../lib/throttling/token-bucket.storage.js';
import { digits, Report, span } from './harness/report.js';
import { cpuSince, median, pairedRounds, progress, ratios, roundsOr } from './harness/samples.js';

const ROUNDS = roundsOr(5);
const TAKES = 200_000;
const LIMIT = 1000;
// Long enough that nothing refills while it is measured.
const TTL_MS = 3_600_000;
const rate = perHour(LIMIT);

type Take = (index: number) => unknown;

interface Contender {
  readonly name: string;
  /** What its keys look like. */
  readonly key: (index: number) => string;
  make(keys: readonly string[]): { take: Take; expire(): number };
}

/** The throttler's guard makes a digest of each caller, of 64 characters. */
const digest = (index: number): string => `${index}`.padStart(64, 'k');
/** The pipeline names the tier and the caller. */
const name = (index: number): string => `p/authenticated/user-${index}`;

const contenders: readonly Contender[] = [
  {
    name: 'ThrottlerStorageService',
    key: digest,
    make: (keys) => {
      const storage = new ThrottlerStorageService();
      return {
        take: (index) => storage.increment(keys[index]!, TTL_MS, LIMIT, TTL_MS, 'default'),
        expire: () => {
          const sweeping = storage as unknown as { evictIdleRecords(nowMs: number): void };
          const longest = longestOf(1, () => sweeping.evictIdleRecords(Date.now() + 2 * TTL_MS));
          storage.onApplicationShutdown();
          return longest;
        },
      };
    },
  },
  {
    name: 'TokenBucketThrottlerStorage',
    key: digest,
    make: (keys) => {
      let offsetMs = 0;
      const storage = new TokenBucketThrottlerStorage({ clock: { now: () => Date.now() + offsetMs } });
      return {
        take: (index) => storage.increment(keys[index]!, TTL_MS, LIMIT, TTL_MS, 'default'),
        expire: () => {
          offsetMs = 2 * TTL_MS;
          return longestOf(500_000, (step) =>
            storage.increment(`late-${step % 100}`, TTL_MS, LIMIT, TTL_MS, 'default'),
          );
        },
      };
    },
  },
  {
    name: 'MemoryBucketStore',
    key: name,
    make: (keys) => {
      let offsetMs = 0;
      const store = new MemoryBucketStore();
      return {
        take: (index) => store.take([{ key: keys[index]!, cost: 1, rate }], Date.now() + offsetMs),
        expire: () => {
          offsetMs = 2 * TTL_MS;
          return longestOf(500_000, (step) =>
            store.take([{ key: `late-${step % 100}`, cost: 1, rate }], Date.now() + offsetMs),
          );
        },
      };
    },
  },
];
const NAMES = contenders.map(({ name }) => name);
const [STOCK, STORAGE, STORE] = NAMES as [string, string, string];

const report = new Report('bucket', 'Buckets', ['@nestjs/throttler']);
if (globalThis.gc === undefined) throw new Error('Memory is measured between collections. Run with --expose-gc.');
report.text(
  `${ROUNDS} paired rounds of ${TAKES.toLocaleString('en')} takes; keys as each of them gets them. Times are CPU time.`,
);

const rows: string[][] = [];
for (const count of [10_000, 100_000, 1_000_000]) {
  const label = count.toLocaleString('en');
  const picks = Uint32Array.from(order(count, TAKES));
  const filled = new Map<string, { take: Take; expire(): number; bytes: number; timers: number }>();
  for (const { name, key, make } of contenders) {
    const keys = keysOf(count, key);
    progress(`${label} keys, filling ${name}`);
    const { take, expire } = make(keys);
    const before = memory();
    const timersBefore = timers();
    for (let index = 0; index < count; index++) {
      const taken = take(index);
      if (taken instanceof Promise) await taken;
    }
    filled.set(name, { take, expire, bytes: (memory() - before) / count, timers: timers() - timersBefore });
  }
  const measured = await pairedRounds(NAMES, ROUNDS, (name) => microsecondsPerTake(filled.get(name)!.take, picks), 1);
  for (const name of NAMES) {
    const { expire, bytes, timers: running } = filled.get(name)!;
    globalThis.gc();
    const pause = expire();
    rows.push([
      label,
      name,
      digits(median(measured[name]!)),
      span(measured[name]!),
      digits(median(ratios(measured[STOCK]!, measured[name]!))),
      bytes.toFixed(0),
      String(running),
      pause.toFixed(1),
    ]);
    if (name === STOCK || count === 10_000) continue;
    const target = name === STORAGE ? 4 : count === 100_000 ? 8 : 6;
    report.atLeast(
      `${label} keys: ${name}, against the throttler's`,
      ratios(measured[STOCK]!, measured[name]!),
      target,
    );
    if (count < 1_000_000 || name !== STORE) continue;
    report.atMost(`${label} keys: memory per key`, [bytes], 64, ' B');
    report.atMost(`${label} keys: timers`, [running], 0, '');
    report.atMost(`${label} keys: longest pause while all expire`, [pause], 10, ' ms');
  }
}
report.table(
  [
    'keys',
    'storage',
    'µs per take',
    'min - max',
    'times the throttler',
    'bytes per key',
    'timers',
    'longest pause while all expire, ms',
  ],
  rows,
);

// One client under a limit that it never reaches. The throttler's own looks at every hit of the window each time, so
// that it is given a tenth of the calls.
report.text('### One client under a limit that it never reaches, all calls within one window');
const endless = [{ key: 'client', cost: 1, rate: perHour(1_000_000) }];
const courses = await pairedRounds(
  ['stock', 'store'] as const,
  ROUNDS,
  async (name) => {
    if (name === 'store') {
      const store = new MemoryBucketStore();
      return course(() => store.take(endless, Date.now()), 200_000);
    }
    const stock = new ThrottlerStorageService();
    const taken = await course(() => stock.increment('client', TTL_MS, 1_000_000, TTL_MS, 'default'), 10_000);
    stock.onApplicationShutdown();
    return taken;
  },
  1,
);
report.table(
  ['storage', 'calls', 'µs per take at the start', 'µs per take at the end'],
  (['stock', 'store'] as const).map((name) => [
    name === 'stock' ? STOCK : STORE,
    name === 'stock' ? '10,000' : '200,000',
    digits(median(courses[name].map(({ start }) => start))),
    digits(median(courses[name].map(({ end }) => end))),
  ]),
);
report.atMost(
  'one client, 200,000 hits: the end against the start',
  courses.store.map(({ start, end }) => end / start),
  1.1,
);
report.finish();

/** What a take costs in the first and in the last fifth of the calls. */
async function course(take: Take, calls: number): Promise<{ start: number; end: number }> {
  const fifths: number[] = [];
  for (let fifth = 0; fifth < 5; fifth++) fifths.push(await microsecondsPerTake(take, new Uint32Array(calls / 5)));
  return { start: fifths[0]!, end: fifths[4]! };
}

async function microsecondsPerTake(take: Take, picks: Uint32Array): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < picks.length; index++) {
    const taken = take(picks[index]!);
    if (taken instanceof Promise) await taken;
  }
  return cpuSince(before) / picks.length;
}

/**
 * The longest of many steps, in milliseconds. A step that took long by the clock but little CPU time waited for other
 * processes; one that took CPU time but not long was accompanied by threads that collect garbage. Neither is a pause.
 */
function longestOf(steps: number, step: (index: number) => unknown): number {
  let longest = 0;
  for (let index = 0; index < steps; index++) {
    const before = process.cpuUsage();
    const start = performance.now();
    step(index);
    const ms = performance.now() - start;
    if (ms > longest) longest = Math.max(longest, Math.min(ms, cpuSince(before) / 1000));
  }
  return longest;
}

/** Flat strings: joined ones would be flattened, and grow, when first looked at. */
function keysOf(count: number, key: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(key(index)).toString('latin1'));
}

/** A sequence that jumps about, the same for all. */
function* order(count: number, takes: number): Iterable<number> {
  let state = 12_345;
  for (let index = 0; index < takes; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state % count;
  }
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
