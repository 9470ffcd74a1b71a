import { allPostgresStores } from '../../lib/postgres/index.js';
import { onEachDatabase, type TestDatabase } from '../postgres/databases.js';
import { runContracts } from './contracts.js';

await onEachDatabase((name, database) => {
  /** By the time of the contract, which stands still. */
  const stores = ({ db, schema }: TestDatabase) => allPostgresStores(db, { schema, time: 'caller' });
  const emptied = async (...tables: string[]) => {
    await database().empty(...tables);
    return stores(database());
  };
  runContracts(name, {
    sessions: async () => (await emptied('sessions')).sessions,
    revocations: async () => (await emptied('denials')).revocations,
    nonces: async () => (await emptied('spent_ids')).nonces,
    tickets: async () => (await emptied('spent_ids')).tickets,
    idempotency: async () => (await emptied('idempotent_answers')).idempotency,
    mfa: async () => (await emptied('second_factors', 'mfa_challenges')).mfa,
    apiKeys: async () => (await emptied('api_keys')).apiKeys,
  });
});
