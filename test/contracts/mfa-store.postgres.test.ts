import { PostgresMfaStore } from '../../lib/postgres/index.js';
import { onEachDatabase } from '../postgres/databases.js';
import { mfaStoreContract } from './mfa-store.contract.js';

await onEachDatabase((name, database) => {
  mfaStoreContract(name, async () => {
    const { db, schema, empty } = database();
    await empty('second_factors', 'mfa_challenges');
    return new PostgresMfaStore(db, { schema });
  });
});
