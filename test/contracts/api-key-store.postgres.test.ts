import { PostgresApiKeyStore } from '../../lib/postgres/index.js';
import { onEachDatabase } from '../postgres/databases.js';
import { apiKeyStoreContract } from './api-key-store.contract.js';

await onEachDatabase((name, database) => {
  apiKeyStoreContract(name, async () => {
    const { db, schema, empty } = database();
    await empty('api_keys');
    return new PostgresApiKeyStore(db, { schema });
  });
});
