import { PostgresSpentStore } from '../../lib/postgres/index.js';
import { onEachDatabase } from '../postgres/databases.js';
import { spentStoreContract } from './spent-store.contract.js';

await onEachDatabase((name, database) => {
  spentStoreContract(name, async () => {
    const { db, schema, empty } = database();
    await empty('spent_ids');
    return new PostgresSpentStore(db, 'ticket', { schema });
  });
});
