/** One WebSocket, and all connections that share it: how much comes over it, whether it is alive, how it ends. */

import type { Clock } from '../core/clock.js';
import { SecurityError } from '../core/errors.js';
import type { SecurityEvents } from '../core/events.js';
import type { FailureReport } from '../responses/failure-report.js';
import { takeTokens, type TokenBucketState } from '../throttling/token-bucket.js';
import { CloseCode, type Closing } from './close-code.js';
import type { Connection } from './connection.js';
import { exceptionFor } from './exception-message.js';
import { OPEN, type RawSocket } from './socket-like.js';
import type { WebSocketSettings } from './websockets.options.js';

/** What a wire needs of its app. */
export interface WireParts {
  readonly settings: WebSocketSettings;
  readonly events: SecurityEvents;
  readonly clock: Clock;
  readonly failures: FailureReport;
}

/** Does this frame carry a message of the app? What else there is, heartbeats and acknowledgements, is counted but never dropped. */
export type IsMessage = (frame: unknown, isBinary: unknown) => boolean;

export class Wire {
  readonly connections = new Set<Connection>();
  /** False once it was asked for a sign of life and gave none since. */
  alive = true;
  #bucket: TokenBucketState | undefined;
  /** Frames dropped since one was taken last. */
  #dropped = 0;
  /** Rounds in a row in which nobody used it: a client of socket.io can leave all namespaces and stay. */
  #vacant = 0;
  #ended = false;

  constructor(
    readonly raw: RawSocket,
    readonly place: string,
    readonly address: string,
    readonly parts: WireParts,
    isMessage: IsMessage,
  ) {
    this.#countFrames(isMessage);
    raw.on('pong', () => (this.alive = true));
    raw.on('error', (error: { code?: unknown }) => this.#onError(error));
  }

  close(closing: Closing, connection?: Connection): void {
    if (this.#ended) return;
    this.#ended = true;
    const { closeCode, code, reason } = closing;
    const { events, clock } = this.parts;
    const principal = (connection ?? [...this.connections][0])?.principal;
    events.emit({
      kind: 'connection_closed',
      timeMs: clock.now(),
      level: 'warning',
      subject: {
        path: connection?.opening.place ?? this.place,
        address: this.address,
        ...(principal && { principal: { id: principal.id, scheme: principal.scheme } }),
      },
      closeCode,
      reason,
    });
    this.raw.close(closeCode, code);
  }

  /**
   * Stands between the socket and whoever listens to it, for a frame that nobody handles costs as much as one that somebody
   * does: without this, only messages with a handler would ever be counted.
   */
  #countFrames(isMessage: IsMessage): void {
    const { raw } = this;
    const emit = raw.emit.bind(raw);
    raw.emit = (name: string | symbol, ...args: unknown[]): boolean => {
      if (name === 'ping') this.#take();
      if (name === 'message') {
        this.alive = true;
        if (this.#ended || (!this.#take() && isMessage(args[0], args[1]))) return true;
      }
      return emit(name, ...args);
    };
  }

  #take(): boolean {
    const { messageRate } = this.parts.settings;
    if (messageRate === undefined) return true;
    const { state, allowed, retryAfterMs } = takeTokens(this.#bucket, this.parts.clock.now(), 1, messageRate);
    this.#bucket = state;
    if (allowed) {
      this.#dropped = 0;
      return true;
    }
    this.#dropped++;
    // Said once: an answer to each would be a flood of our own.
    if (this.#dropped === 1) this.#tellTooMany(retryAfterMs ?? 1_000);
    if (this.#dropped > messageRate.capacity) {
      this.close({ closeCode: CloseCode.tooMuch, code: 'rate_limited', reason: 'flood_of_messages' });
    }
    return false;
  }

  #tellTooMany(waitMs: number): void {
    const reason = 'messages_of_connection';
    const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1000)));
    const refusal = new SecurityError('rate_limited', { reason, headers: { 'Retry-After': retryAfter } });
    this.parts.events.emit({
      kind: 'rate_limited',
      timeMs: this.parts.clock.now(),
      level: 'warning',
      subject: { path: this.place, address: this.address },
      stage: 'connection',
      code: 'rate_limited',
      reason,
    });
    for (const connection of this.connections) connection.tell(exceptionFor(refusal));
  }

  /** The library closes with 1009 by itself, before it has kept more than the limit. */
  #onError({ code }: { code?: unknown }): void {
    if (code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || this.#ended) return;
    this.parts.events.emit({
      kind: 'edge_refused',
      timeMs: this.parts.clock.now(),
      level: 'warning',
      subject: { path: this.place, address: this.address },
      stage: 'edge',
      code: 'payload_too_large',
      reason: 'message_too_large',
    });
  }

  /** Asks for a sign of life. Whoever gave none since the last time, does not read, or left everything there is, is cut off. */
  probe(): void {
    const { raw } = this;
    if (raw.readyState !== OPEN) return;
    this.#vacant = this.connections.size === 0 ? this.#vacant + 1 : 0;
    if (!this.alive || this.#vacant > 1) return raw.terminate();
    if (raw.bufferedAmount > this.parts.settings.bufferLimit) {
      this.close({ closeCode: CloseCode.tooMuch, code: 'rate_limited', reason: 'slow_reader' });
      // The close frame would wait behind what is not read.
      return raw.terminate();
    }
    this.alive = false;
    raw.ping();
  }
}
