/** Keeps buckets in Redis, for a whole fleet: one round trip a call, however many buckets it needs. */

import { checkKeys, checkOneOf, checkPositiveInteger } from '../core/checks.js';
import type { AuditScope, Finding } from '../core/finding.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { OutagePolicy, StoreCounts } from '../core/store-outages.js';
import type { StoreUnavailableError } from '../core/store-unavailable.js';
import type { BucketDemand, BucketOutcome, BucketStore } from '../throttling/bucket.store.js';
import { checkTime } from '../throttling/token-scale.js';
import { bucketCall, KnownRates, outcomeOf, readReply, type BucketAsk, type BucketReply } from './redis-bucket.ask.js';
import { BucketOutage, OUTAGE_POLICIES } from './redis-bucket.outage.js';
import { GIVE_BACK_TO_BUCKETS, TAKE_FROM_BUCKETS } from './redis-bucket.scripts.js';
import type { RedisClient } from './redis-client.js';
import { unavailable } from './redis-failure.js';
import { RedisGate } from './redis-gate.js';
import { GATE_KEYS, type RedisGateOptions } from './redis-gate.options.js';
import type { TimedScript } from './redis-script.js';
import { slotOf } from './redis-slot.js';

export interface BucketOutageOptions {
  /**
   * What happens while Redis cannot be reached. `memory` (default): each process goes on with buckets of its own, each a
   * share of the limit. `closed`: 503 with `Retry-After`. `open`: everything passes, and each call is told of as an event.
   */
  readonly outage?: OutagePolicy;
  /**
   * How many processes share a limit, for the policy `memory`: each of them then allows `limit / expectedInstances`.
   * Default 1: each allows the whole limit.
   */
  readonly expectedInstances?: number;
}

export interface RedisBucketStoreOptions extends RedisGateOptions, BucketOutageOptions {}

/**
 * A call's buckets that have one owner lie in one slot and are decided by one script: all or none. In a Redis Cluster a call
 * with buckets of several owners (of a caller and of an address) is put to their servers at once; where one refuses, or
 * does not answer, the others get back what was taken from them. Until then they hold less, never more, than they should.
 *
 * @example
 * SecurityModule.forRoot({ throttling: { store: new RedisBucketStore(new Redis(process.env.REDIS_URL)) } })
 */
export class RedisBucketStore implements BucketStore, ConnectedStore {
  readonly gate: RedisGate;
  readonly #rates = new KnownRates();
  readonly #outage: BucketOutage;
  /** Nobody said how many processes share a limit. */
  readonly #isGuess: boolean;

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @throws TypeError naming option, value and fix.
   */
  constructor(redis: RedisClient | RedisGate, options: RedisBucketStoreOptions = {}) {
    checkKeys(WHERE, options, [...GATE_KEYS, ...OWN_KEYS]);
    const { outage = 'memory', expectedInstances, ...gate } = options;
    checkOneOf(`${WHERE}.outage`, outage, OUTAGE_POLICIES);
    if (expectedInstances !== undefined) checkPositiveInteger(`${WHERE}.expectedInstances`, expectedInstances);
    this.gate = gateOf(RedisGate, WHERE, redis, gate);
    this.#isGuess = outage === 'memory' && expectedInstances === undefined;
    this.#outage = new BucketOutage(outage, expectedInstances ?? 1, this.gate.outages);
  }

  /** What an outage came to since the start, of every store that shares the gate: for metrics. */
  get counts(): StoreCounts {
    return this.gate.counts;
  }

  /** Is an outage known? */
  get isDown(): boolean {
    return this.gate.isDown;
  }

  /** Nobody shares a Redis with nobody: who has one has a fleet, and should say how big it is. */
  *findings({ production }: AuditScope): Iterable<Finding> {
    if (production && this.#isGuess) yield UNKNOWN_FLEET;
  }

  take(demands: readonly BucketDemand[], nowMs: number): BucketOutcome | Promise<BucketOutcome> {
    checkTime(nowMs);
    if (demands.length === 0) return { allowed: true, answers: [] };
    const call = bucketCall(demands, this.#rates, this.#keyOf);
    return new Promise((resolve, reject: (reason: unknown) => void) => {
      const told = {
        answered: (reply: BucketReply): void => resolve(outcomeOf(call, reply)),
        failed: (failure: StoreUnavailableError): void => {
          try {
            resolve(this.#outage.decide(demands, nowMs, failure));
          } catch (error) {
            reject(error);
          }
        },
      };
      const groups = this.gate.isCluster ? groupsBySlot(call.asks) : undefined;
      if (groups === undefined || groups.length === 1) this.#ask(call.asks, nowMs, told);
      else this.#askApart(groups, nowMs).then(told.answered, told.failed);
    });
  }

  /** `bulwark:{alice}:b:p/authenticated/` */
  readonly #keyOf = ({ key, owner }: BucketDemand): string => {
    const isOwned = owner !== undefined && owner !== '' && key.endsWith(owner);
    return isOwned ? this.gate.key(owner, 'b', key.slice(0, -owner.length)) : this.gate.key(key, 'b');
  };

  /** Every bucket in one script, one round trip. */
  #ask(
    asks: readonly BucketAsk[],
    nowMs: number,
    told: Told,
    script: TimedScript = TAKE_FROM_BUCKETS,
    extra: readonly number[] = [],
  ): void {
    const asker = {
      answered(raw: unknown): void {
        const reply = readReply(raw, asks);
        if (reply === undefined) told.failed(unavailable('unreadable answer of a bucket', false));
        else told.answered(reply);
      },
      failed: (failure: StoreUnavailableError): void => told.failed(failure),
    };
    const keys: string[] = [];
    const words: string[] = [];
    for (const ask of asks) {
      keys.push(ask.key);
      words.push(ask.words);
    }
    this.gate.askAt(nowMs, asker, script, keys, extra.length === 0 ? words : [...words, ...extra]);
  }

  /** @throws StoreUnavailableError when a server did not answer. Then the others have got back what was taken from them. */
  async #askApart(groups: readonly (readonly BucketAsk[])[], nowMs: number): Promise<BucketReply> {
    const askAll = (script: TimedScript, some: readonly (readonly BucketAsk[])[], extra: readonly number[][] = []) =>
      Promise.allSettled(
        some.map(
          (asks, index) =>
            new Promise<BucketReply>((answered, failed: (reason: StoreUnavailableError) => void) => {
              this.#ask(asks, nowMs, { answered, failed }, script, extra[index]);
            }),
        ),
      );
    const settled = await askAll(TAKE_FROM_BUCKETS, groups);
    const replies = settled.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
    const allowed = replies.every((reply) => reply?.allowed === true);
    if (!allowed) {
      // Where a server is lost between the two, its buckets stay charged: stricter for a while, never looser.
      const taken = groups.flatMap((asks, index) => {
        const reply = replies[index];
        return reply?.allowed === true ? [{ asks, at: [reply.nowMs] }] : [];
      });
      await askAll(
        GIVE_BACK_TO_BUCKETS,
        taken.map(({ asks }) => asks),
        taken.map(({ at }) => at),
      );
    }
    for (const each of settled) if (each.status === 'rejected') throw each.reason as StoreUnavailableError;
    // Servers may differ by a few milliseconds: each bucket was judged by its own, and the latest is told.
    return { allowed, nowMs: Math.max(...replies.map((reply) => reply!.nowMs)) };
  }
}

/** Who is told what the buckets said. */
interface Told {
  answered(reply: BucketReply): void;
  failed(failure: StoreUnavailableError): void;
}

const WHERE = 'RedisBucketStore';

const OWN_KEYS = ['outage', 'expectedInstances'];

const UNKNOWN_FLEET: Finding = {
  id: 'throttling/unknown-fleet',
  severity: 'warning',
  where: 'stores.buckets',
  why: 'While Redis is away each process allows the whole limit: of four processes a caller gets four times as much.',
  fix: 'redisStores(redis, { expectedInstances: 4 }), with as many processes as you run.',
  references: ['API4:2023', 'ASVS 2.4.1'],
};

function groupsBySlot(asks: readonly BucketAsk[]): readonly (readonly BucketAsk[])[] {
  const bySlot = new Map<number, BucketAsk[]>();
  for (const ask of asks) {
    const slot = slotOf(ask.key);
    const group = bySlot.get(slot);
    if (group === undefined) bySlot.set(slot, [ask]);
    else group.push(ask);
  }
  return [...bySlot.values()];
}
