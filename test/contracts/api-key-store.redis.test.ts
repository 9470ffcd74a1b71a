import { RedisApiKeyStore } from '../../lib/redis/redis-api-key.store.js';
import { overRedis } from './over-redis.js';
import { apiKeyStoreContract } from './api-key-store.contract.js';

await overRedis(apiKeyStoreContract, (gate) => new RedisApiKeyStore(gate));
