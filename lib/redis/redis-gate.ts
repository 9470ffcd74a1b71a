/** Asks Redis, and never waits longer than agreed: every command of every store goes through here. */

import type { ProbeResult } from '../core/store-breaker.js';
import type { StoreContext, StoreGate } from '../core/store-context.js';
import { warnWithoutErrorListener } from '../core/store-gate.js';
import { StoreOutages, type StoreCounts } from '../core/store-outages.js';
import type { StoreUnavailableError } from '../core/store-unavailable.js';
import { checkRedisClient, type RedisArgument, type RedisClient } from './redis-client.js';
import { RedisDeadlines } from './redis-deadlines.js';
import { failureOf, isOfOneSlot, REDIS, unavailable } from './redis-failure.js';
import { gateSettings, type RedisGateOptions } from './redis-gate.options.js';
import { RedisParts } from './redis-parts.js';
import { callScript, redisScript, type RedisScript, type RedisTime, type TimedScript } from './redis-script.js';
import { tagOf } from './redis-slot.js';

/** Writes, because a server that only reads (a replica, a full one) is of no use. */
const PROBE = redisScript('probe', "return redis.call('SET', KEYS[1], '', 'PX', 1000)");

/** What a client says while it connects for the first time. Its queue, if it has one, may hold a command then. */
const STARTING: ReadonlySet<string> = new Set(['wait', 'connecting', 'connect']);

/** Whoever asked. Told once, one or the other. */
export interface Asker {
  answered(reply: unknown): void;
  failed(failure: StoreUnavailableError): void;
}

/**
 * One per client, shared by its stores. `run` answers with what the script returned, or rejects with a
 * `StoreUnavailableError`: when the connection is lost or an outage is known at once, in microseconds, and never by waiting
 * for a reconnect; when there is no answer in `commandTimeoutMs` after that time. What was sent may then still happen.
 */
export class RedisGate implements StoreGate {
  /** Whose time scripts go by. */
  readonly time: RedisTime;
  readonly isCluster: boolean;
  /** What an outage does, and to whom it is told. @internal */
  readonly outages = new StoreOutages(REDIS);
  readonly #client: RedisClient;
  readonly #keyPrefix: string;
  readonly #deadlines: RedisDeadlines;
  readonly #parts: RedisParts;
  #wasReady = false;

  /** @throws TypeError when this is no client, or an option is wrong. */
  constructor(client: RedisClient, options: RedisGateOptions = {}, where = 'RedisGate') {
    this.#client = checkRedisClient(`${where}: redis`, client);
    const { keyPrefix, commandTimeoutMs, time } = gateSettings(where, options);
    this.time = time;
    this.isCluster = client.isCluster === true;
    this.#keyPrefix = keyPrefix;
    this.#deadlines = new RedisDeadlines(commandTimeoutMs);
    this.#parts = new RedisParts(client, this.outages, (key) => this.#probe(key));
  }

  /** What outages came to since the start, of every store that shares the gate: for metrics. */
  get counts(): StoreCounts {
    return this.outages.counts;
  }

  /** Is an outage known? Of a cluster: of any of its servers. */
  get isDown(): boolean {
    return this.outages.isDown;
  }

  connect(context: StoreContext): () => void {
    warnWithoutErrorListener(REDIS, this.#client);
    return this.outages.connect(context);
  }

  /**
   * `<prefix>:{<tag>}:<kind>:<id>`. Keys of one tag share a slot, so that one script may touch them all.
   *
   * @param tag Whose key it is. May be any text: braces are escaped.
   */
  key(tag: string, kind: string, id = ''): string {
    return `${this.#keyPrefix}:{${tagOf(tag)}}:${kind}:${tagOf(id)}`;
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

  /** As `runAt`, without a promise: the asker is told, once, possibly before this returns. @internal */
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
    const { breaker } = this.#parts.of(keys[0]!);
    if (!this.#maySend()) breaker.open(`not connected (${this.#client.status})`);
    if (breaker.isOpen) {
      breaker.open('still down');
      return asker.failed(this.outages.refused(unavailable('down')));
    }
    // What was sent may still happen.
    const wait = this.#deadlines.watch(() => {
      breaker.failed('timeout');
      asker.failed(this.outages.refused(unavailable('timeout')));
    });
    const replied = (reply: unknown): void => {
      if (!this.#deadlines.settle(wait)) return;
      breaker.succeeded();
      asker.answered(reply);
    };
    const broke = (error: unknown): void => {
      if (!this.#deadlines.settle(wait)) return;
      const failure = failureOf(error, script.name);
      if (failure.outage && isOfOneSlot(error)) breaker.failed(failure.reason);
      else if (failure.outage) breaker.open(failure.reason);
      asker.failed(this.outages.refused(failure));
    };
    callScript(this.#client, script, keys, args, replied, broke);
  }

  /** A client that was ready once and is not now has lost its connection, and queues what it is given until who knows when. */
  #maySend(): boolean {
    const { status } = this.#client;
    if (status === 'ready') return (this.#wasReady = true);
    return !this.#wasReady && STARTING.has(status);
  }

  /** An answer that comes late is none: whoever asked would not have waited for it. */
  async #probe(key: string): Promise<ProbeResult> {
    if (this.#client.status === 'end') return 'gone';
    if (!this.#maySend()) return 'down';
    return new Promise((resolve) => {
      const wait = this.#deadlines.watch(() => resolve('down'));
      const settle = (found: () => ProbeResult): void => {
        if (this.#deadlines.settle(wait)) resolve(found());
      };
      const broke = (error: unknown): void => settle(() => (failureOf(error, 'probe').outage ? 'down' : 'up'));
      callScript(this.#client, PROBE, [probeKey(key)], [], () => settle(() => 'up'), broke);
    });
  }
}

/** A key beside another one, in its slot. */
function probeKey(key: string): string {
  const end = key.indexOf('}');
  return end === -1 ? `{${key}}:probe:` : `${key.slice(0, end + 1)}:probe:`;
}
