import { RedisSpentStore } from '../../lib/redis/redis-spent.store.js';
import { overRedis } from './over-redis.js';
import { nonceStoreContract } from './nonce-store.contract.js';

await overRedis(nonceStoreContract, (gate) => new RedisSpentStore(gate, 'nonce'));
