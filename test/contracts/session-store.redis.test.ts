import { RedisSessionStore } from '../../lib/redis/redis-session.store.js';
import { overRedis } from './over-redis.js';
import { sessionStoreContract } from './session-store.contract.js';

await overRedis(
  (name, makeStore: () => RedisSessionStore, runs) => sessionStoreContract(name, makeStore, { runs }),
  (gate) => new RedisSessionStore(gate),
);
