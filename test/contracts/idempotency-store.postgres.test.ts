import { PostgresIdempotencyStore } from '../../lib/postgres/index.js';
import { onEachDatabase } from '../postgres/databases.js';
import { idempotencyStoreContract } from './idempotency-store.contract.js';

await onEachDatabase((name, database) => {
  idempotencyStoreContract(name, async () => {
    const { db, schema, empty } = database();
    await empty('idempotent_answers');
    return new PostgresIdempotencyStore(db, { schema });
  });
});
