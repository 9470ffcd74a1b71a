import { RedisIdempotencyStore } from '../../lib/redis/redis-idempotency.store.js';
import { idempotencyStoreContract } from './idempotency-store.contract.js';
import { overRedis } from './over-redis.js';

await overRedis(
  (name, makeStore: () => RedisIdempotencyStore) => idempotencyStoreContract(name, makeStore),
  (gate) => new RedisIdempotencyStore(gate),
);
