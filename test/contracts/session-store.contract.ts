/** What every session store must do, run by vitest. */

import { sessionStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const sessionStoreContract = inVitest(contract);
