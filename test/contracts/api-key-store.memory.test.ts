import { MemoryApiKeyStore } from '../../lib/index.js';
import { apiKeyStoreContract } from './api-key-store.contract.js';

apiKeyStoreContract('memory', () => new MemoryApiKeyStore());
