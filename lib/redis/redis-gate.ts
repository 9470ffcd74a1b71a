/** Asks Redis, and never waits longer than agreed: every command of every store goes through here. */

import type { ConnectedStore, StoreContext } from '../core/store-context.js';
import type { StoreUnavailableError } from '../core/store-unavailable.js';
import { RedisBreaker, type ProbeResult } from './redis-breaker.js';
import { checkRedisClient, type RedisArgument, type RedisClient } from './redis-client.js';
import { RedisCommand, RedisProbe, type Asker } from './redis-command.js';
import { RedisDeadlines } from './redis-deadlines.js';
import { unavailable } from './redis-failure.js';
import { gateSettings, type RedisGateOptions } from './redis-gate.options.js';
import { RedisNews } from './redis-news.js';
import { callScript, redisScript, type RedisScript, type RedisTime, type TimedScript } from './redis-script.js';
import { slotOf, tagOf } from './redis-slot.js';

/** Writes, because a server that only reads (a replica, a full one) is of no use. */
const PROBE = redisScript('probe', "return redis.call('SET', KEYS[1], '', 'PX', 1000)");

/** A cluster is many servers, and one that is lost must not close the others: each 1024 slots have their own breaker. */
const LANE_BITS = 10;
const LANES = 16384 >> LANE_BITS;

/** What a client says while it connects for the first time. Its queue, if it has one, may hold a command then. */
const STARTING: ReadonlySet<string> = new Set(['wait', 'connecting', 'connect']);

/**
 * One per client, shared by its stores. `run` answers with what the script returned, or rejects with a
 * `StoreUnavailableError`: when the connection is lost or an outage is known at once, in microseconds, and never by waiting
 * for a reconnect; when there is no answer in `commandTimeoutMs` after that time. What was sent may then still happen.
 */
export class RedisGate implements ConnectedStore {
  /** Whose time scripts go by. */
  readonly time: RedisTime;
  readonly isCluster: boolean;
  /** What became of the commands: for metrics. */
  readonly news = new RedisNews();
  readonly #client: RedisClient;
  readonly #keyPrefix: string;
  readonly #deadlines: RedisDeadlines;
  readonly #breakers: readonly RedisBreaker[];
  #wasReady = false;

  /** @throws TypeError when this is no client, or an option is wrong. */
  constructor(client: RedisClient, options: RedisGateOptions = {}, where = 'RedisGate') {
    this.#client = checkRedisClient(`${where}: redis`, client);
    const { keyPrefix, commandTimeoutMs, time } = gateSettings(where, options);
    this.time = time;
    this.isCluster = client.isCluster === true;
    this.#keyPrefix = keyPrefix;
    this.#deadlines = new RedisDeadlines(commandTimeoutMs);
    this.#breakers = Array.from({ length: this.isCluster ? LANES : 1 }, (_, lane) => this.#breaker(lane));
  }

  connect(context: StoreContext): () => void {
    return this.news.connect(context);
  }

  /**
   * `<prefix>:{<tag>}:<kind>:<id>`. Keys of one tag share a slot, so that one script may touch them all.
   *
   * @param tag Whose key it is. May be any text: braces are escaped.
   */
  key(tag: string, kind: string, id = ''): string {
    return `${this.#keyPrefix}:{${tagOf(tag)}}:${kind}:${id}`;
  }

  /**
   * Runs a script over keys that share a slot.
   *
   * @throws StoreUnavailableError
   */
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[] = []): Promise<unknown> {
    return new Promise((answered, failed: (failure: StoreUnavailableError) => void) => {
      this.#ask({ answered, failed }, script, keys, args);
    });
  }

  /** Runs a script by the server's time, or by `nowMs` where the option `time` says so. @throws StoreUnavailableError */
  runAt(
    nowMs: number,
    script: TimedScript,
    keys: readonly string[],
    args: readonly RedisArgument[] = [],
  ): Promise<unknown> {
    return new Promise((answered, failed: (failure: StoreUnavailableError) => void) => {
      this.askAt(nowMs, { answered, failed }, script, keys, args);
    });
  }

  /** As `runAt`, without a promise: the asker is told, once, possibly before this returns. */
  askAt(
    nowMs: number,
    asker: Asker,
    script: TimedScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): void {
    if (this.time === 'server') this.#ask(asker, script.server, keys, args);
    else this.#ask(asker, script.caller, keys, [...args, nowMs]);
  }

  #ask(asker: Asker, script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): void {
    const breaker = this.#breakerOf(keys[0]!);
    if (!this.#maySend()) breaker.open(`not connected (${this.#client.status})`);
    if (breaker.isOpen) {
      breaker.open('still down');
      return asker.failed(this.news.refused(unavailable('down')));
    }
    callScript(this.#client, script, keys, args, new RedisCommand(asker, script, breaker, this.news, this.#deadlines));
  }

  /** A client that was ready once and is not now has lost its connection, and queues what it is given until who knows when. */
  #maySend(): boolean {
    const { status } = this.#client;
    if (status === 'ready') return (this.#wasReady = true);
    return !this.#wasReady && STARTING.has(status);
  }

  #breakerOf(key: string): RedisBreaker {
    return this.#breakers[this.isCluster ? slotOf(key) >> LANE_BITS : 0]!;
  }

  #breaker(lane: number): RedisBreaker {
    return new RedisBreaker({
      probe: () => this.#probe(lane),
      onOpen: (why) => this.news.down(lane, why),
      onClose: () => this.news.up(lane),
    });
  }

  async #probe(lane: number): Promise<ProbeResult> {
    if (this.#client.status === 'end') return 'gone';
    if (!this.#maySend()) return 'down';
    return new Promise((resolve) => {
      callScript(this.#client, PROBE, [this.#probeKey(lane)], [], new RedisProbe(resolve, this.#deadlines));
    });
  }

  /** A key in the lane's slots: the first number that hashes there. */
  #probeKey(lane: number): string {
    for (let number = 0; ; number++) {
      const key = this.key(`probe-${number}`, 'probe');
      if (!this.isCluster || slotOf(key) >> LANE_BITS === lane) return key;
    }
  }
}
