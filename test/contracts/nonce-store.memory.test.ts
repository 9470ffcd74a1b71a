/** Nonces of signed requests are spent like tickets: the same contract, in the words of a nonce. */

import { MemorySpentStore } from '../../lib/core/memory-spent.store.js';
import { nonceStoreContract } from './nonce-store.contract.js';

nonceStoreContract('memory', () => new MemorySpentStore());
