import { PostgresSpentStore } from '../../lib/postgres/index.js';
import { onEachDatabase } from '../postgres/databases.js';
import { nonceStoreContract } from './nonce-store.contract.js';

await onEachDatabase((name, database) => {
  nonceStoreContract(name, async () => {
    const { db, schema, empty } = database();
    await empty('spent_ids');
    return new PostgresSpentStore(db, 'nonce', { schema });
  });
});
