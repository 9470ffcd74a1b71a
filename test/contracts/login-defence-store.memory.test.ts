import { MemoryLoginDefenceStore } from '../../lib/throttling/login-defence/memory-login-defence.store.js';
import { loginDefenceStoreContract } from './login-defence-store.contract.js';

loginDefenceStoreContract('memory', () => new MemoryLoginDefenceStore());
