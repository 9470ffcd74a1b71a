/** What every store of spent tickets must do, run by vitest. */

import { spentStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const spentStoreContract = inVitest(contract);
