/** Whom is a token for? */

import type { Principal } from '../../core/principal.js';
import type { IssueStamp } from './issue-stamp.js';

/** A `Principal` will do; claims that `TokenService` decides are not taken from it. */
export type TokenSubject = Pick<Principal, 'id'> &
  Partial<Pick<Principal, 'roles' | 'scopes' | 'tier' | 'claims' | 'sessionId' | 'authTimeMs' | 'amr' | 'acr'>> & {
    /**
     * `TokenService.stamp()`, taken before the password was looked at. A login that "log out everywhere" overtook is then
     * refused. Goes through `MfaChallenge` with the rest of the subject, and into no token. Default: nothing is refused.
     */
    readonly provedAt?: IssueStamp;
  };
