import { MemorySpentStore } from '../../lib/throttling/sensitive-flow/memory-spent.store.js';
import { spentStoreContract } from './spent-store.contract.js';

spentStoreContract('memory', () => new MemorySpentStore());
