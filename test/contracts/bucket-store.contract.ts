/** What every bucket store must do, run by vitest. */

import { bucketStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const bucketStoreContract = inVitest(contract);
