/** What every store must do, kind by kind: one table, so that no backend leaves one out unsaid. */

import { describe, it } from 'vitest';
import {
  apiKeyStoreContract,
  bucketStoreContract,
  idempotencyStoreContract,
  loginDefenceStoreContract,
  mfaStoreContract,
  nonceStoreContract,
  revocationStoreContract,
  sessionStoreContract,
  spentStoreContract,
  type MakeStore,
} from '../../lib/testing/index.js';
import type { SecurityStores } from '../../lib/index.js';

/** How to make each store of a backend. It knows nothing yet, and nobody else has its place. */
export type Makers<Name extends keyof SecurityStores> = {
  readonly [Key in Name]: MakeStore<Required<SecurityStores>[Key]>;
};

export interface ContractOptions {
  /** How many random sequences are tried. Default as many as the contract says. */
  readonly runs?: number;
  /** False where the store goes by a clock of its own. Default true. */
  readonly takesTime?: boolean;
}

const framework = { describe, it };

const CONTRACTS: {
  readonly [Key in keyof Required<SecurityStores>]: (
    name: string,
    make: MakeStore<Required<SecurityStores>[Key]>,
    options: ContractOptions,
  ) => void;
} = {
  buckets: (name, make, options) => bucketStoreContract(framework, name, make, options),
  sessions: (name, make, { runs }) => sessionStoreContract(framework, name, make, { ...(runs && { runs }) }),
  revocations: (name, make) => revocationStoreContract(framework, name, make),
  nonces: (name, make) => nonceStoreContract(framework, name, make),
  tickets: (name, make) => spentStoreContract(framework, name, make),
  idempotency: (name, make) => idempotencyStoreContract(framework, name, make),
  loginDefence: (name, make) => loginDefenceStoreContract(framework, name, make),
  mfa: (name, make) => mfaStoreContract(framework, name, make),
  apiKeys: (name, make) => apiKeyStoreContract(framework, name, make),
};

export function runContracts<Name extends keyof SecurityStores>(
  backend: string,
  makers: Makers<Name>,
  options: ContractOptions = {},
): void {
  for (const key of Object.keys(makers) as Name[]) {
    const contract: (name: string, make: Makers<Name>[Name], options: ContractOptions) => void = CONTRACTS[key];
    contract(backend, makers[key], options);
  }
}
