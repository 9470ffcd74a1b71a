/** The contract by which a blocked address lets through those who are known already. Authentication answers it. */

import type { HttpRequest } from './transport.js';

export interface KnownCredential {
  /** Does the request carry a credential that was verified before and is still good? Answered without any signature. */
  isKnown(request: HttpRequest): boolean;
}

export const KNOWN_CREDENTIAL = Symbol('bulwark:known-credential');
