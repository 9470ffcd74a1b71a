import type { SpentStore } from '../../lib/core/spent.store.js';
import { RedisSpentStore } from '../../lib/redis/redis-spent.store.js';
import { overRedis } from './over-redis.js';
import { spentStoreContract } from './spent-store.contract.js';

await overRedis<SpentStore>(
  (name, makeStore) => spentStoreContract(name, makeStore),
  (gate) => new RedisSpentStore(gate, 'ticket'),
);
