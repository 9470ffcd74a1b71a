import { MemoryMfaStore } from '../../lib/authentication/mfa/memory-mfa.store.js';
import { mfaStoreContract } from './mfa-store.contract.js';

mfaStoreContract('memory', () => new MemoryMfaStore());
