/** One WebSocket, and all members that share it: how much comes over it, whether it is alive, how it ends. */

import type { Clock } from '../core/clock.js';
import { SecurityError } from '../core/errors.js';
import type { SecurityEvents } from '../core/events.js';
import type { FailureReport } from '../responses/failure-report.js';
import { takeTokens, type TokenBucketState } from '../throttling/token-bucket.js';
import { CloseCode, type Closing } from './close-code.js';
import { tooMany } from './handshake-refusals.js';
import type { Member } from './member.js';
import { OPEN, type RawSocket } from './raw-socket.js';
import type { SocketSettings } from './socket.options.js';

/** What a wire needs of its app. */
export interface WireParts {
  readonly settings: SocketSettings;
  readonly events: SecurityEvents;
  readonly clock: Clock;
  readonly failures: FailureReport;
}

/** What a protocol makes of its frames. */
export interface WireRules {
  /** Does this frame carry a message of the app? What else there is, heartbeats and acknowledgements, is counted but never dropped. */
  isMessage(frame: unknown, isBinary: unknown): boolean;
  /** `drop`: what is too much is dropped, and said once. `close`: nobody could be told which message it was, so that it ends. */
  readonly excess: 'drop' | 'close';
  /** Would its library write every error of a socket to the console, in lines that a client can make as many of as it likes? */
  readonly isLoud?: boolean;
}

/** How long a client has to answer a close frame. The package `ws` by itself keeps the socket, and its slot, for 30 seconds. */
const CLOSE_GRACE_MS = 1_000;
/** The same for who floods. */
const FLOOD_GRACE_MS = 200;

export class Wire {
  readonly members = new Set<Member>();
  /** False once it was asked for a sign of life and gave none since. */
  alive = true;
  #bucket: TokenBucketState | undefined;
  /** Frames dropped since one was taken last. */
  #dropped = 0;
  /** Rounds in a row in which nobody used it: a client of socket.io can leave all namespaces and stay. */
  #vacant = 0;
  #ended = false;
  /** Signs of life that were asked for and did not come yet. */
  #pongsDue = 0;

  constructor(
    readonly raw: RawSocket,
    readonly place: string,
    readonly address: string,
    readonly parts: WireParts,
    private readonly rules: WireRules,
  ) {
    this.#countFrames();
    this.#countPings();
    raw.on('pong', () => (this.alive = true));
    raw.on('error', (error: { code?: unknown }) => this.#onError(error));
  }

  get hasEnded(): boolean {
    return this.#ended || this.raw.readyState !== OPEN;
  }

  /** Closes it for all its members, and tells the one about whom it is. */
  end(closing: Closing, member: Member): void {
    if (this.#ended) return;
    member.tell(new SecurityError(closing.code, { reason: closing.reason }));
    this.close(closing, member);
  }

  close({ closeCode, code, reason }: Closing, member?: Member, graceMs = CLOSE_GRACE_MS): void {
    if (this.#ended) return;
    this.#ended = true;
    const { raw } = this;
    const about = member ?? [...this.members][0];
    const principal = about?.principal;
    this.parts.events.emit({
      kind: 'connection_closed',
      timeMs: this.parts.clock.now(),
      level: 'warning',
      subject: {
        path: about?.place ?? this.place,
        address: this.address,
        ...(principal && { principal: { id: principal.id, scheme: principal.scheme } }),
      },
      closeCode,
      reason,
    });
    raw.close(closeCode, code);
    const timer = setTimeout(() => raw.terminate(), graceMs);
    raw.once('close', () => clearTimeout(timer));
  }

  /** Sends a client away that lets pile up what it was sent. */
  #checkReader(): void {
    if (this.raw.bufferedAmount <= this.parts.settings.bufferLimit) return;
    this.close({ closeCode: CloseCode.tooMuch, code: 'rate_limited', reason: 'slow_reader' });
    // The close frame would wait behind what is not read.
    this.raw.terminate();
  }

  /**
   * Stands between the socket and whoever listens to it, for a frame that nobody handles costs as much as one that somebody
   * does: without this, only messages with a handler would ever be counted.
   */
  #countFrames(): void {
    const { raw, rules } = this;
    const emit = raw.emit.bind(raw);
    raw.emit = (name: string | symbol, ...args: unknown[]): boolean => {
      if (name === 'ping') this.#take();
      // One that nobody asked for is a frame like any other.
      if (name === 'pong' && this.#pongsDue-- <= 0) {
        this.#pongsDue = 0;
        this.#take();
      }
      if (name === 'message') {
        this.alive = true;
        if (this.#ended || (!this.#take() && rules.isMessage(args[0], args[1]))) return true;
      }
      if (name === 'error' && rules.isLoud === true) {
        this.#onError(args[0] as { code?: unknown });
        return true;
      }
      return emit(name, ...args);
    };
  }

  /** Whoever pings: we do, and so may the app or its library. */
  #countPings(): void {
    const { raw } = this;
    const ping = raw.ping.bind(raw) as (...args: unknown[]) => void;
    raw.ping = (...args: unknown[]): void => {
      this.#pongsDue++;
      ping(...args);
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
    const { excess } = this.rules;
    // Said once: an answer to each would be a flood of our own.
    if (this.#dropped === 1 && excess === 'drop') this.#tellTooMany(retryAfterMs ?? 1_000);
    if (excess === 'close' || this.#dropped > messageRate.capacity) this.#endFlood();
    return false;
  }

  /** From here on nothing is read, and its answer to the close frame is not waited for. */
  #endFlood(): void {
    if (this.#ended) return;
    const closing = { closeCode: CloseCode.tooMuch, code: 'rate_limited', reason: 'flood_of_messages' } as const;
    this.close(closing, undefined, FLOOD_GRACE_MS);
    this.raw.pause();
  }

  #tellTooMany(waitMs: number): void {
    if (this.#ended) return;
    const refusal = tooMany('messages_of_connection', waitMs);
    this.parts.events.emit({
      kind: 'rate_limited',
      timeMs: this.parts.clock.now(),
      level: 'warning',
      subject: { path: this.place, address: this.address },
      stage: 'connection',
      code: refusal.code,
      reason: refusal.reason,
    });
    for (const member of this.members) member.tell(refusal);
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
    this.#vacant = this.members.size === 0 ? this.#vacant + 1 : 0;
    if (!this.alive || this.#vacant > 1) return raw.terminate();
    this.#checkReader();
    if (this.hasEnded) return;
    this.alive = false;
    raw.ping();
  }
}
