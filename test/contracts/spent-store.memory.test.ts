import { MemorySpentStore } from '../../lib/core/memory-spent.store.js';
import { spentStoreContract } from './spent-store.contract.js';

spentStoreContract('memory', () => new MemorySpentStore());
