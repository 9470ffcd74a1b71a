/** Why was a connection closed? What a client reads in the close frame, and what the log does. */

import { SecurityError, type SecurityErrorCode } from '../core/errors.js';

/** RFC 6455 §7.4.2: 4000 to 4999 are the app's own. Ours end like the HTTP status that says the same. */
export const CloseCode = Object.freeze({
  /** The credential is good no more: expired, revoked, or refused by a message. Connect again with another. */
  credentialEnded: 4401,
  /** The parameters of a GraphQL connection did not let it in. The protocol's own code for that. */
  refused: 4403,
  /** Far too many messages, or too slow in reading. */
  tooMuch: 4429,
  /** RFC 6455 §7.4.1: nobody can say whether the credential is still good. Try again later. */
  tryAgainLater: 1013,
});

export interface Closing {
  readonly closeCode: number;
  /** What the client is told, in the close frame. */
  readonly code: SecurityErrorCode;
  /** The exact cause, for the log only. */
  readonly reason: string;
}

/** What ends a connection whose credential could not be confirmed: it is good no more, or nobody can say. */
export function closingFor(error: unknown): Closing {
  if (error instanceof SecurityError && error.getStatus() < 500) {
    return { closeCode: CloseCode.credentialEnded, code: 'invalid_token', reason: error.reason };
  }
  return { closeCode: CloseCode.tryAgainLater, code: 'unavailable', reason: 'credential_unverifiable' };
}
