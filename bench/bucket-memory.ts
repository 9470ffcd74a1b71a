/** What does a bucket cost, in time and memory? The memory store against the throttler's own storage, in one run. */

import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { ThrottlerStorageService } from '@nestjs/throttler';
import { MemoryBucketStore } from '../lib/throttling/memory-bucket.store.js';
import { perHour } from '../lib/throttling/rate.js';
import { TokenBucketThrottlerStorage } from '../lib/throttling/token-bucket.storage.js';

const ROUNDS = 5;
const TAKES = 300_000;
const LIMIT = 1000;
// Long enough that nothing refills while it is measured.
const TTL_MS = 3_600_000;
const rate = perHour(LIMIT);

type Take = (key: string) => unknown;

interface Contender {
  readonly name: string;
  make(): { take: Take; expire(): number };
}

/** The longest of many steps, in milliseconds. */
function longestOf(steps: number, step: (index: number) => unknown): number {
  let longest = 0;
  for (let index = 0; index < steps; index++) {
    const start = performance.now();
    step(index);
    longest = Math.max(longest, performance.now() - start);
  }
  return longest;
}

const contenders: readonly Contender[] = [
  {
    name: 'ThrottlerStorageService',
    make: () => {
      const storage = new ThrottlerStorageService();
      return {
        take: (key) => storage.increment(key, TTL_MS, LIMIT, TTL_MS, 'default'),
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
    make: () => {
      let offsetMs = 0;
      const storage = new TokenBucketThrottlerStorage({ clock: { now: () => Date.now() + offsetMs } });
      const take: Take = (key) => storage.increment(key, TTL_MS, LIMIT, TTL_MS, 'default');
      return {
        take,
        expire: () => {
          offsetMs = 2 * TTL_MS;
          return longestOf(1_000_000, (index) => take(`late-${index % 100}`));
        },
      };
    },
  },
  {
    name: 'MemoryBucketStore',
    make: () => {
      const store = new MemoryBucketStore();
      let offsetMs = 0;
      const take: Take = (key) => store.take([{ key, cost: 1, rate }], Date.now() + offsetMs);
      return {
        take,
        expire: () => {
          offsetMs = 2 * TTL_MS;
          return longestOf(1_000_000, (index) => take(`late-${index % 100}`));
        },
      };
    },
  },
];

/** Made anew for every take, as a request does. What the making costs is measured, and taken off. */
function keyOf(index: number): string {
  return `p/authenticated/user-${index}`;
}

/** A sequence that jumps about, the same for all. */
function* order(count: number, takes: number): Iterable<number> {
  let state = 12_345;
  for (let index = 0; index < takes; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state % count;
  }
}

/** CPU time, so that what else runs on the machine counts less. */
async function nanosecondsPerTake(take: Take, picks: Uint32Array): Promise<number> {
  const start = process.cpuUsage();
  for (let index = 0; index < picks.length; index++) {
    const taken = take(keyOf(picks[index]!));
    if (taken instanceof Promise) await taken;
  }
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / picks.length;
}

/** Only makes the string one piece, which every storage has to do. */
function flat(key: string): number {
  return key.charCodeAt(3);
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1]!;
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}\n`);
console.log(
  '| keys | storage | ns of CPU per take, median | min - max | times the throttler | bytes per key | longest take while filling, ms | longest pause while all expire, ms |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const count of [10_000, 100_000, 1_000_000]) {
  const picks = Uint32Array.from(order(count, TAKES));
  const filled = [];
  for (const { name, make } of contenders) {
    const before = memory();
    const { take, expire } = make();
    let longest = 0;
    for (let index = 0; index < count; index++) {
      const key = keyOf(index);
      const start = performance.now();
      const taken = take(key);
      if (taken instanceof Promise) await taken;
      longest = Math.max(longest, performance.now() - start);
    }
    filled.push({ name, take, expire, bytes: (memory() - before) / count, longest, times: [] as number[] });
  }
  for (let round = 0; round <= ROUNDS; round++) {
    const making = await nanosecondsPerTake(flat, picks);
    for (const { take, times } of filled) {
      const taken = (await nanosecondsPerTake(take, picks)) - making;
      if (round > 0) times.push(taken);
    }
  }
  const base = median(filled[0]!.times);
  for (const { name, expire, times, bytes, longest } of filled) {
    const cells = [
      count.toLocaleString('en'),
      name,
      median(times).toFixed(0),
      `${Math.min(...times).toFixed(0)} - ${Math.max(...times).toFixed(0)}`,
      (base / median(times)).toFixed(1),
      globalThis.gc ? bytes.toFixed(0) : 'run with --expose-gc',
      longest.toFixed(1),
      expire().toFixed(1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

console.log(
  '\nOne client under a limit that it never reaches: ns of CPU per take, in the course of 20,000 takes within one window\n',
);
console.log('| storage | first 1,000 | last 1,000 |');
console.log('|---|---|---|');
const endless = perHour(1_000_000);
const one = new MemoryBucketStore();
const stock = new ThrottlerStorageService();
const single: readonly { name: string; take: Take }[] = [
  { name: 'ThrottlerStorageService', take: (key) => stock.increment(key, TTL_MS, 1_000_000, TTL_MS, 'default') },
  { name: 'MemoryBucketStore', take: (key) => one.take([{ key, cost: 1, rate: endless }], Date.now()) },
];
for (const { name, take } of single) {
  const thousands: number[] = [];
  for (let thousand = 0; thousand < 20; thousand++) {
    thousands.push(await nanosecondsPerTake(take, new Uint32Array(1000)));
  }
  console.log(`| ${name} | ${thousands[0]!.toFixed(0)} | ${thousands.at(-1)!.toFixed(0)} |`);
}
stock.onApplicationShutdown();
