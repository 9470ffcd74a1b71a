/** What every idempotency store must do, run by vitest. */

import { idempotencyStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const idempotencyStoreContract = inVitest(contract);
