/** Who is on a wire? One client of one path, namespace or GraphQL endpoint: how it is told, and asked about. */

import type { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';

export interface Member {
  /** Where it is connected: `/chat`. */
  readonly place: string;
  /** Undefined: nobody in particular, on a place that is open to everybody. */
  readonly principal: Principal | undefined;
  /** How often in a row nobody could say whether the credential is still good. */
  unanswered: number;
  /** Says why something was refused, where the protocol has a word for it. */
  tell(refusal: SecurityError): void;
  /**
   * Is the credential still good? Asked without an event and without a charge: the client did nothing.
   *
   * @throws SecurityError where it is not, or nobody can say.
   */
  recheck(): Promise<void>;
}
