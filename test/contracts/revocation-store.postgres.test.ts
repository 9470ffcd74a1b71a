import { PostgresRevocationStore } from '../../lib/postgres/index.js';
import { onEachDatabase } from '../postgres/databases.js';
import { revocationStoreContract } from './revocation-store.contract.js';

await onEachDatabase((name, database) => {
  revocationStoreContract(name, async () => {
    const { db, schema, empty } = database();
    await empty('denials');
    return new PostgresRevocationStore(db, { schema });
  });
});
