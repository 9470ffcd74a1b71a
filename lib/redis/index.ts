/** nestjs-bulwark/redis: what a fleet of processes shares, in Redis. */

export { RedisApiKeyStore } from './redis-api-key.store.js';
export { RedisBucketStore } from './redis-bucket.store.js';
export type { BucketOutageOptions, RedisBucketStoreOptions } from './redis-bucket.store.js';
export type { RedisArgument, RedisClient } from './redis-client.js';
export { RedisGate } from './redis-gate.js';
export type { RedisGateOptions } from './redis-gate.options.js';
export { RedisIdempotencyStore } from './redis-idempotency.store.js';
export { RedisLoginDefenceStore } from './redis-login-defence.store.js';
export { RedisMfaStore } from './redis-mfa.store.js';
export type { OutagePolicy, StoreCounts } from '../core/store-outages.js';
export { RedisRevocationStore } from './redis-revocation.store.js';
export { redisScript, timedScript } from './redis-script.js';
export type { RedisScript, RedisTime, TimedScript } from './redis-script.js';
export { RedisSessionStore } from './redis-session.store.js';
export { RedisSpentStore } from './redis-spent.store.js';
export { redisStores } from './redis-stores.js';
export type { RedisOutagePolicies, RedisStores, RedisStoresOptions } from './redis-stores.js';
export { RedisTokenBucketThrottlerStorage } from './redis-token-bucket.storage.js';
export type { RedisTokenBucketThrottlerStorageOptions } from './redis-token-bucket.storage.js';
