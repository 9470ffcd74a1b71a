/** Whom is a token for? */

import type { Principal } from '../../core/principal.js';

/** A `Principal` will do; claims that `TokenService` decides are not taken from it. */
export type TokenSubject = Pick<Principal, 'id'> &
  Partial<Pick<Principal, 'roles' | 'scopes' | 'tier' | 'claims' | 'sessionId' | 'authTimeMs' | 'amr' | 'acr'>>;
