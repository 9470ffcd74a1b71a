import { MemoryRevocationStore } from '../../lib/index.js';
import { revocationStoreContract } from './revocation-store.contract.js';

revocationStoreContract('memory', () => new MemoryRevocationStore());
