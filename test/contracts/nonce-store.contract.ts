/** What every store of nonces must do, run by vitest. */

import { nonceStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const nonceStoreContract = inVitest(contract);
