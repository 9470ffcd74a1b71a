/** Why was a connection closed? What a client reads in the close frame, and what the log does. */

import type { SecurityErrorCode } from '../core/errors.js';

/** RFC 6455 §7.4.2: 4000 to 4999 are the app's own. Ours end like the HTTP status that says the same. */
export const CloseCode = Object.freeze({
  /** The credential is good no more: expired, revoked, or refused by a message. Connect again with another. */
  credentialEnded: 4401,
  /** Far too many messages, or too slow in reading. */
  tooMuch: 4429,
  /** RFC 6455 §7.4.1: nobody can say whether the credential is still good. Try again later. */
  tryAgainLater: 1013,
});

export interface Closing {
  readonly closeCode: number;
  /** What the client is told, in the close frame and in a last `exception`. */
  readonly code: SecurityErrorCode;
  /** The exact cause, for the log only. */
  readonly reason: string;
}
