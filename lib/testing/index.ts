/** nestjs-bulwark/testing: what every store must do, to be run against one of your own. */

export { apiKeyStoreContract } from './contracts/api-key-store.contract.js';
export { bucketStoreContract } from './contracts/bucket-store.contract.js';
export type { BucketStoreContractOptions } from './contracts/bucket-store.contract.js';
export { idempotencyStoreContract } from './contracts/idempotency-store.contract.js';
export type { IdempotencyStoreContractOptions } from './contracts/idempotency-store.contract.js';
export { loginDefenceStoreContract } from './contracts/login-defence-store.contract.js';
export { mfaStoreContract } from './contracts/mfa-store.contract.js';
export { nonceStoreContract } from './contracts/nonce-store.contract.js';
export { revocationStoreContract } from './contracts/revocation-store.contract.js';
export { sessionStoreContract } from './contracts/session-store.contract.js';
export { spentStoreContract } from './contracts/spent-store.contract.js';
export type { RandomRunsOptions } from './random-runs.js';
export type { MakeStore, TestFramework } from './test-framework.js';
