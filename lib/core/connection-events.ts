/** What is told of connections that outlive the request that opened them? */

import type { EventBase } from './event-base.js';

/** A WebSocket that was open was closed by us: its credential ended, or its client broke a limit. */
export interface ConnectionClosed extends EventBase {
  readonly kind: 'connection_closed';
  /** What the client reads in the close frame: 4401 where its credential ended, 4429 where it was too much. */
  readonly closeCode: number;
  /** The exact cause, as the client never sees it: `token_revoked`. */
  readonly reason: string;
}
