/** What every store of second factors must do, run by vitest. */

import { mfaStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const mfaStoreContract = inVitest(contract);
