import { PostgresSessionStore } from '../../lib/postgres/index.js';
import { onEachDatabase } from '../postgres/databases.js';
import { sessionStoreContract } from './session-store.contract.js';

await onEachDatabase((name, database) => {
  sessionStoreContract(name, async () => {
    const { db, schema, empty } = database();
    await empty('sessions');
    return new PostgresSessionStore(db, { schema });
  });
});
