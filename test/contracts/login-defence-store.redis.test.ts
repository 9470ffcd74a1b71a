import { RedisLoginDefenceStore } from '../../lib/redis/redis-login-defence.store.js';
import { overRedis } from './over-redis.js';
import { loginDefenceStoreContract } from './login-defence-store.contract.js';

await overRedis(loginDefenceStoreContract, (gate) => new RedisLoginDefenceStore(gate));
