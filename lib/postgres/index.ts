/** nestjs-bulwark/postgres: what must last, kept in Postgres. */

export { migrate, migrationScript } from './migrate.js';
export type { MigrateOptions } from './migrate.js';
export { allPostgresStores, postgresStores } from './postgres-stores.js';
export type { AllPostgresStores, PostgresStores } from './postgres-stores.js';
export type { PostgresClient, PostgresParameter } from './postgres-client.js';
export { PostgresGate } from './postgres-gate.js';
export type { PostgresStoreOptions, PostgresTime } from './postgres-gate.js';
export { postgresOutage } from './postgres-failure.js';
export { NotMigrated } from './schema-version.js';
export { PostgresApiKeyStore } from './postgres-api-key.store.js';
export { PostgresIdempotencyStore } from './postgres-idempotency.store.js';
export { PostgresMfaStore } from './postgres-mfa.store.js';
export { PostgresSessionStore } from './postgres-session.store.js';
export { PostgresRevocationStore } from './postgres-revocation.store.js';
export { PostgresSpentStore } from './postgres-spent.store.js';
export { PostgresAuditLog } from './postgres-audit-log.js';
export type { PostgresAuditLogOptions } from './audit-log.options.js';
export { verifyAuditChain } from './verify-audit-chain.js';
export type { AuditVerdict, VerifyAuditOptions } from './verify-audit-chain.js';
export { CHAIN_START, extendChain, firstBreak } from '../audit/hash-chain.js';
export type { ChainBreak, ChainContent, ChainHead, ChainKey, ChainLink } from '../audit/hash-chain.js';
