/** Which server keeps a key? A cluster is many, and one that is lost must not close the others: each has its own breaker. */

import { StoreBreaker, type ProbeResult } from '../core/store-breaker.js';
import type { StoreOutages } from '../core/store-outages.js';
import type { RedisClient } from './redis-client.js';
import { slotOf } from './redis-slot.js';

/** What one server keeps. */
export interface RedisPart {
  readonly breaker: StoreBreaker;
  /** Some key that is kept there: what is probed while the part is down. */
  key: string;
}

/** Where there is one server only. */
const ONE = 'server';

export class RedisParts {
  readonly #parts = new Map<string, RedisPart>();

  /** @param probe Asks the server that keeps the key. */
  constructor(
    private readonly client: RedisClient,
    private readonly outages: StoreOutages,
    private readonly probe: (key: string) => Promise<ProbeResult>,
  ) {}

  of(key: string): RedisPart {
    const name = this.#nameOf(key);
    let part = this.#parts.get(name);
    if (part === undefined) {
      part = { breaker: this.#breaker(name), key };
      this.#parts.set(name, part);
    }
    if (!part.breaker.isOpen) part.key = key;
    return part;
  }

  /** `127.0.0.1:7001`, as the client knows the master of the slot. Where it knows none, the slot is a part by itself. */
  #nameOf(key: string): string {
    if (this.client.isCluster !== true) return ONE;
    const slot = slotOf(key);
    return this.client.slots?.[slot]?.[0] ?? `slot ${slot}`;
  }

  #breaker(name: string): StoreBreaker {
    return new StoreBreaker({
      probe: async () => {
        const { key } = this.#parts.get(name)!;
        // After a failover another server keeps it, which is asked and judged by itself.
        return this.#nameOf(key) === name ? this.probe(key) : 'up';
      },
      onOpen: (why) => this.outages.down(name, why),
      onClose: () => this.outages.up(name),
    });
  }
}
