/** What does a bucket in Redis cost, and what does it let through? Against the least that a script can do, and against others. */

import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { RedisBucketStore } from '../lib/redis/redis-bucket.store.js';
import { RedisTokenBucketThrottlerStorage } from '../lib/redis/redis-token-bucket.storage.js';
import type { BucketDemand } from '../lib/throttling/bucket.store.js';
import { redisServer } from '../test/servers/redis-server.js';
import { digits, Report, span } from './harness/report.js';
import { cpuSince, median, pairedRounds, progress, ratios, roundsOr, secondsOr } from './harness/samples.js';
import { MINIMAL_BUCKET, minimalTake } from './redis/minimal-bucket.js';
import { nestLabStorage, type Increment } from './redis/nest-lab.js';
import { flexibleIncrement } from './redis/flexible.js';
import { worstBurst } from './redis/window-edge.js';

// Many short turns: what disturbs a machine lasts longer than one.
const ROUNDS = roundsOr(12);
const SECONDS = secondsOr(0.4);
const CALLERS = 64;
const USERS = 1000;
// Nobody is refused while it is measured, and no bucket is full again so soon that it is forgotten: both would be cheaper.
const [LIMIT, TTL_MS] = [1_000_000, 30 * 86_400_000];
const rate = Object.freeze({ capacity: LIMIT, refillTokens: LIMIT, refillPeriodMs: TTL_MS });

/** One call of one caller. */
type Call = (caller: number) => unknown;

interface Sample {
  readonly perSecond: number;
  /** Microseconds of this process, all threads. */
  readonly clientCpu: number;
  /** Microseconds of Redis. */
  readonly redisCpu: number;
  readonly commands: number;
  /** Milliseconds. */
  readonly p99: number;
}

const server = await redisServer();
const auto = process.argv.includes('auto-pipelining');
const client = new Redis(server.url, { enableAutoPipelining: auto });
const watcher = new Redis(server.url);
await client.script('LOAD', MINIMAL_BUCKET.source);

const users = Array.from({ length: USERS }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
const store = new RedisBucketStore(client, { outage: 'closed', commandTimeoutMs: 5000 });
const owned = (prefix: string, owner: string): BucketDemand => ({ key: prefix + owner, owner, cost: 1, rate });
const oneBucket = users.map((user) => [owned('p/authenticated/', user)]);
const fourBuckets = users.map((user) => [
  owned('p/authenticated/', user),
  owned('r/0123456789012345678901/0/p/', user),
  owned('r/0123456789012345678901/1/p/', user),
  owned('f/checkout/p/', user),
]);
const storage = new RedisTokenBucketThrottlerStorage(client, { outage: 'closed', commandTimeoutMs: 5000 });
const flexible = new RateLimiterRedis({
  storeClient: client,
  points: LIMIT,
  duration: TTL_MS / 1000,
  keyPrefix: 'flexible',
});
const nestLab = await nestLabStorage(client);

const increment = (storage: Increment): Call => {
  return (caller) => storage.increment(`${caller}`.padStart(64, 'k'), TTL_MS, LIMIT, TTL_MS, 'default');
};

const MINIMAL = 'EVALSHA, minimal bucket';
const INCR = 'ioredis INCR';
const ONE = 'RedisBucketStore, 1 bucket';
const FOUR = 'RedisBucketStore, 4 buckets';
const STORAGE = 'RedisTokenBucketThrottlerStorage';
const FLEXIBLE = 'rate-limiter-flexible';
const NEST_LAB = '@nest-lab/throttler-storage-redis';

const calls: Record<string, Call> = {
  [INCR]: (caller) => client.incr(`count:${users[caller]!}`),
  [MINIMAL]: (caller) => minimalTake(client, users[caller]!, rate),
  [ONE]: (caller) => store.take(oneBucket[caller]!, 0),
  [FOUR]: (caller) => store.take(fourBuckets[caller]!, 0),
  [STORAGE]: increment(storage),
  [FLEXIBLE]: (caller) => flexible.consume(users[caller]!),
  ...(nestLab && { [NEST_LAB]: increment(nestLab) }),
};

const report = new Report('redis', 'Buckets in Redis', ['ioredis', 'rate-limiter-flexible']);
report.text(
  `${ROUNDS} paired rounds of ${SECONDS} s, ${CALLERS} callers at once over one connection, ${USERS} buckets; ` +
    `auto-pipelining ${auto ? 'on' : 'off'}; redis-server ${/redis_version:(\S+)/.exec(await watcher.info('server'))![1]!}. ` +
    'CPU time is of this process (all threads) and of Redis, per call.',
);
if (nestLab === undefined) {
  report.text(
    `${NEST_LAB} is not installed: \`npm install --no-save --legacy-peer-deps ${NEST_LAB}\` puts it beside the others.`,
  );
}

const samples = await pairedRounds(Object.keys(calls), ROUNDS, (name) => measure(calls[name]!), 1);
const of = <Key extends keyof Sample>(name: string, key: Key): number[] => samples[name]!.map((sample) => sample[key]);
report.table(
  ['', 'calls/s', 'min - max', 'client CPU, µs', 'Redis CPU, µs', 'commands', 'p99, ms'],
  Object.keys(calls).map((name) => [
    name,
    digits(median(of(name, 'perSecond'))),
    span(of(name, 'perSecond')),
    digits(median(of(name, 'clientCpu'))),
    digits(median(of(name, 'redisCpu'))),
    digits(median(of(name, 'commands'))),
    digits(median(of(name, 'p99'))),
  ]),
);
for (const name of [ONE, FOUR]) report.atMost(`${name}: commands per call`, of(name, 'commands'), 1.001, '');
report.atLeast(`${ONE}: rate, against the minimal bucket`, ratios(of(ONE, 'perSecond'), of(MINIMAL, 'perSecond')), 0.9);
report.atMost(
  `${ONE}: client CPU, against the minimal bucket`,
  ratios(of(ONE, 'clientCpu'), of(MINIMAL, 'clientCpu')),
  1.15,
);
report.text(
  `A script costs Redis more than INCR does: the minimal bucket has ${digits(median(ratios(of(MINIMAL, 'perSecond'), of(INCR, 'perSecond'))))}x of its rate.`,
);
report.atLeast(`${ONE}: rate, against INCR`, ratios(of(ONE, 'perSecond'), of(INCR, 'perSecond')), 0.8);

const edges: [name: string, increment: Increment][] = [
  [STORAGE, storage],
  [FLEXIBLE, flexibleIncrement(client)],
];
if (nestLab) edges.push([NEST_LAB, nestLab]);
const rows: string[][] = [];
for (const [name, each] of edges) {
  progress(`window edge: ${name}`);
  const { limit, spanMs, admitted, bound } = await worstBurst(each);
  rows.push([name, String(admitted), String(limit), `${spanMs}`, String(bound)]);
  if (name === STORAGE) report.atMost(`${name}: admitted within ${spanMs} ms`, [admitted], bound, '');
}
report.table(['', 'admitted at the edge of a window', 'limit', 'within, ms', 'bound of a token bucket'], rows);

progress('memory');
report.table(['buckets', 'bytes of Redis per bucket'], [await memoryPerBucket()]);

report.finish();
client.disconnect();
watcher.disconnect();
await server.stop();

async function measure(call: Call): Promise<Sample> {
  await run(call, 200);
  await watcher.config('RESETSTAT');
  const redisBefore = await redisMicros();
  const cpu = process.cpuUsage();
  const { count, ms, p99 } = await run(call, SECONDS * 1000);
  const clientCpu = cpuSince(cpu) / count;
  const redisCpu = ((await redisMicros()) - redisBefore) / count;
  return { perSecond: (count * 1000) / ms, clientCpu, redisCpu, commands: (await commands()) / count, p99 };
}

/** So many callers, each with one call after the other. */
async function run(call: Call, forMs: number): Promise<{ count: number; ms: number; p99: number }> {
  const waits: number[] = [];
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (let now = start; now - start < forMs;) {
        const before = now;
        await call((next = (next + 1) % USERS));
        now = performance.now();
        waits.push(now - before);
      }
    }),
  );
  const ms = performance.now() - start;
  waits.sort((left, right) => left - right);
  return { count: waits.length, ms, p99: waits[Math.floor(waits.length * 0.99)]! };
}

async function redisMicros(): Promise<number> {
  const info = await watcher.info('cpu');
  const seconds = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)![1]);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6;
}

/** What clients sent: scripts call other commands, which are no round trips. */
async function commands(): Promise<number> {
  const stats = await watcher.info('commandstats');
  const sent = ['evalsha', 'eval', 'incr', 'call', 'multi', 'exec', 'set', 'incrby', 'pttl'];
  const count = (name: string): number => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  const scripts = count('evalsha') + count('eval');
  return scripts > 0 ? scripts : sent.reduce((sum, name) => sum + count(name), 0);
}

/** In a server of its own: of one that has worked before, nobody knows what it still holds. */
async function memoryPerBucket(): Promise<[count: string, bytes: string]> {
  const fresh = await redisServer();
  const own = new Redis(fresh.url);
  const buckets = new RedisBucketStore(own, { outage: 'closed', commandTimeoutMs: 5000 });
  const count = 100_000;
  const take = (index: number): unknown =>
    buckets.take([owned('p/authenticated/', `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)], 0);
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await own.info('memory'))![1]);
  await take(0);
  const before = await used();
  for (let index = 0; index < count; index += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, each) => take(1 + index + each)));
  }
  const bytes = ((await used()) - before) / count;
  own.disconnect();
  await fresh.stop();
  return [count.toLocaleString('en'), digits(bytes)];
}
