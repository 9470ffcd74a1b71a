/** The contract by which the app says who its users are, at login and at every refresh. */

import type { TokenSubject } from '../jwt/token-subject.js';

/**
 * A provider of the app, named in `security.sessions.users`.
 *
 * @example
 * \@Injectable()
 * class ShopUsers implements SessionUsers {
 *   subjectOf(id: string) { return this.users.find(id); } // { id, roles }
 * }
 */
export interface SessionUsers {
  /**
   * Whom this user's tokens are for, as of now: changed roles count from the next refresh on. Undefined: there is no such
   * user any more, and the session ends.
   */
  subjectOf(id: string): TokenSubject | undefined | Promise<TokenSubject | undefined>;
  /** Whose name and password these are. Undefined: nobody's. Needed by the ready `LoginController` only. */
  verify?(username: string, password: string): TokenSubject | undefined | Promise<TokenSubject | undefined>;
}
