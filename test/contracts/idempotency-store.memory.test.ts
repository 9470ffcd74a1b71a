import { MemoryIdempotencyStore } from '../../lib/throttling/sensitive-flow/memory-idempotency.store.js';
import { idempotencyStoreContract } from './idempotency-store.contract.js';

idempotencyStoreContract('memory', () => new MemoryIdempotencyStore());
