import { describe, it } from 'vitest';
import {
  MemoryApiKeyStore,
  MemoryBucketStore,
  MemoryIdempotencyStore,
  MemoryLoginDefenceStore,
  MemoryMfaStore,
  MemoryRevocationStore,
  MemorySessionStore,
  MemorySpentStore,
} from '../../lib/index.js';
import { spentStoreContract } from '../../lib/testing/index.js';
import { runContracts } from './contracts.js';

runContracts('memory', {
  buckets: () => new MemoryBucketStore(),
  sessions: () => new MemorySessionStore(),
  revocations: () => new MemoryRevocationStore(),
  nonces: () => new MemorySpentStore(),
  idempotency: () => new MemoryIdempotencyStore(),
  loginDefence: () => new MemoryLoginDefenceStore(),
  mfa: () => new MemoryMfaStore(),
  apiKeys: () => new MemoryApiKeyStore(),
});

// The only one with an end to its room.
spentStoreContract(
  { describe, it },
  'memory',
  () => new MemorySpentStore(),
  (maxIds) => new MemorySpentStore({ maxIds }),
);
