import { RedisMfaStore } from '../../lib/redis/redis-mfa.store.js';
import { overRedis } from './over-redis.js';
import { mfaStoreContract } from './mfa-store.contract.js';

await overRedis(mfaStoreContract, (gate) => new RedisMfaStore(gate));
