import { RedisRevocationStore } from '../../lib/redis/redis-revocation.store.js';
import { overRedis } from './over-redis.js';
import { revocationStoreContract } from './revocation-store.contract.js';

await overRedis(revocationStoreContract, (gate) => new RedisRevocationStore(gate));
