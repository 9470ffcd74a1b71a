/** What is needed of a WebSocket of the package `ws`, without it being installed. */

import type { EventEmitter } from 'node:events';

/** A client of `WsAdapter` or of `graphql-ws`, and what is underneath one of socket.io. */
export interface RawSocket extends EventEmitter {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  ping(): void;
  /** Reads no more of it. */
  pause(): void;
}

/** RFC 6455 has four states; only in this one may something be sent. */
export const OPEN = 1;
