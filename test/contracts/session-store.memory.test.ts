import { MemorySessionStore } from '../../lib/index.js';
import { sessionStoreContract } from './session-store.contract.js';

sessionStoreContract('memory', () => new MemorySessionStore());
