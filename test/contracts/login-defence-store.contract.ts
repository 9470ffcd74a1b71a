/** What every store of failed logins must do, run by vitest. */

import { loginDefenceStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const loginDefenceStoreContract = inVitest(contract);
