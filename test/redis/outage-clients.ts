/** Clients that come back soon, events that can be read, and how long something took: for tests of outages. */

import { Redis, type RedisOptions } from 'ioredis';
import { SecurityEvents, type SecurityEvent } from '../../lib/core/events.js';
import type { RedisGate } from '../../lib/redis/redis-gate.js';

export async function quickClient(port: number, options: RedisOptions = {}): Promise<Redis> {
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, connectTimeout: 500, ...options });
  // Without a listener the client writes every lost connection to the console.
  client.on('error', () => undefined);
  await until(() => client.status === 'ready');
  return client;
}

/** Waits for what has to come true soon. */
export async function until(isTrue: () => boolean, withinMs = 10_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!isTrue()) {
    if (performance.now() > giveUpAt) throw new Error(`Did not come true in ${withinMs} ms: ${String(isTrue)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function eventsOf(gate: Pick<RedisGate, 'connect'>): SecurityEvent[] {
  const events: SecurityEvent[] = [];
  const bus = new SecurityEvents();
  bus.subscribe('debug', (event) => events.push(event));
  gate.connect({ events: bus, clock: { now: () => 1 } });
  return events;
}

/** Whatever it comes to, and how long that took. */
export async function timed<T>(action: () => T | Promise<T>): Promise<{ value?: T; error?: unknown; ms: number }> {
  const start = performance.now();
  try {
    const value = await action();
    return { value, ms: performance.now() - start };
  } catch (error) {
    return { error, ms: performance.now() - start };
  }
}
