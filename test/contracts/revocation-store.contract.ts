/** What every revocation store must do, run by vitest. */

import { revocationStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const revocationStoreContract = inVitest(contract);
