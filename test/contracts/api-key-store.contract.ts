/** What every store of API keys must do, run by vitest. */

import { apiKeyStoreContract as contract } from '../../lib/testing/index.js';
import { inVitest } from './in-vitest.js';

export const apiKeyStoreContract = inVitest(contract);
