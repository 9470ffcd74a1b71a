/** One request on the wire and its answer: the head as a promise, the body as a stream, each byte counted as it comes. */

import { ReadableStream, type ReadableByteStreamController } from 'node:stream/web';
import type { Dispatcher } from 'undici';
import { failureOf } from './network-failure.js';
import { OutboundError } from './outbound-error.js';

/** Of an answer that nobody reads, this much waits here and the rest at its sender. */
const WAITING_BYTES = 65_536;

/** A piece counts as so many bytes at least, and the pieces of a body as four times its bound at most: each costs time. */
const LEAST_PIECE = 32;
const MOST_BY_PIECES = 4;

/** RFC 9112 §4: what a reason phrase may hold, less what the Fetch standard does not take. It means nothing. */
const STATUS_TEXT = /^[\t\u0020-\u007E]*$/;

/** Fetch standard, "null body status". */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** As it was sent, compressed or not. */
  readonly body: ReadableStream<Uint8Array> | null;
}

export interface ExchangeOptions {
  readonly method: string;
  readonly host: string;
  readonly maxBytes: number;
  /** Called once, when nothing more will come: the answer is complete, it failed, or its reader went away. */
  readonly onEnd: () => void;
}

export class Exchange implements Dispatcher.DispatchHandler {
  readonly head: Promise<AnswerHead>;
  #resolve!: (head: AnswerHead) => void;
  #reject!: (reason: unknown) => void;
  #wire: Dispatcher.DispatchController | undefined;
  #sink: ReadableByteStreamController | undefined;
  readonly #waiting = new Gathered();
  /** Somebody waits for bytes at this moment. */
  #isWanted = false;
  #bytes = 0;
  #weight = 0;
  #ended: { readonly reason: unknown } | undefined;

  constructor(private readonly options: ExchangeOptions) {
    this.head = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Nothing more will come. */
  get over(): boolean {
    return this.#ended !== undefined;
  }

  /** Ends it now, whatever it is at. A second reason changes nothing. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#reject(reason);
    this.#sink?.error(reason);
    this.#wire?.abort(asError(reason));
    this.options.onEnd();
  }

  onRequestStart(wire: Dispatcher.DispatchController): void {
    this.#wire = wire;
    // Ended while it waited for its connection.
    if (this.#ended !== undefined) wire.abort(asError(this.#ended.reason));
  }

  onResponseStart(wire: Dispatcher.DispatchController, status: number, _headers: unknown, statusText = ''): void {
    // RFC 9110 §15.2: interim answers are read over. The time for them is the time of the call.
    if (status < 200 || this.#ended !== undefined) return;
    // The client takes any three digits; the standard knows 200 to 599.
    if (status > 599)
      return this.end(new OutboundError('network', `${this.options.host} answers with the status ${status}`));
    const bodiless = this.options.method === 'HEAD' || WITHOUT_BODY.has(status);
    try {
      const headers = answerHeaders(wire.rawHeaders as readonly Uint8Array[]);
      const text = STATUS_TEXT.test(statusText) ? statusText : '';
      this.#resolve({ status, statusText: text, headers, body: bodiless ? null : this.#openBody(wire) });
    } catch (error) {
      this.end(failureOf(error, this.options.host));
    }
  }

  onResponseData(wire: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // An empty one comes after a pause. The stream takes none.
    if (this.#ended !== undefined || chunk.byteLength === 0) return;
    this.#bytes += chunk.byteLength;
    this.#weight += Math.max(chunk.byteLength, LEAST_PIECE);
    const { host, maxBytes } = this.options;
    if (this.#bytes > maxBytes) {
      return this.end(new OutboundError('too_large', `${host} sends more than ${maxBytes} bytes`));
    }
    if (this.#weight > MOST_BY_PIECES * Math.max(maxBytes, WAITING_BYTES)) {
      return this.end(new OutboundError('too_large', `${host} sends its answer in too many pieces`));
    }
    if (this.#sink === undefined) return;
    this.#waiting.add(chunk);
    if (this.#isWanted) this.#flush();
    else if (this.#waiting.bytes >= WAITING_BYTES) wire.pause();
  }

  onResponseEnd(): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason: undefined };
    this.#flush();
    closeStream(this.#sink);
    this.options.onEnd();
  }

  onResponseError(_wire: Dispatcher.DispatchController, error: Error): void {
    this.end(failureOf(error, this.options.host));
  }

  #openBody(wire: Dispatcher.DispatchController): ReadableStream<Uint8Array> {
    return new ReadableStream(
      {
        type: 'bytes',
        start: (sink) => {
          this.#sink = sink;
        },
        pull: () => {
          this.#isWanted = true;
          this.#flush();
          wire.resume();
        },
        // Its stream is past being told: only the wire is to be closed.
        cancel: (reason) => {
          this.#sink = undefined;
          this.end(reason);
        },
      },
      // Nothing is handed on before somebody reads: until then pieces gather, however small they come.
      { highWaterMark: 0 },
    );
  }

  #flush(): void {
    const bytes = this.#waiting.take();
    if (bytes === undefined) return;
    this.#isWanted = false;
    this.#sink?.enqueue(bytes);
  }
}

/** Bytes that came, in one piece: a body of a million pieces would cost a hundred times its size. */
class Gathered {
  #buffer: Uint8Array<ArrayBuffer> | undefined = undefined;
  bytes = 0;

  /** Copies: what the client gives is a part of what it still reads in. */
  add(chunk: Uint8Array): void {
    const needed = this.bytes + chunk.byteLength;
    if (this.#buffer === undefined) {
      this.#buffer = new Uint8Array(chunk);
    } else {
      if (this.#buffer.byteLength < needed) {
        const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.byteLength, 4_096));
        larger.set(this.#buffer.subarray(0, this.bytes));
        this.#buffer = larger;
      }
      this.#buffer.set(chunk, this.bytes);
    }
    this.bytes = needed;
  }

  /** Hands them over: the stream takes the buffer for its own. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    const taken = this.#buffer?.subarray(0, this.bytes);
    this.#buffer = undefined;
    this.bytes = 0;
    return taken;
  }
}

/** RFC 9110 §5.5: Latin-1, where it is not ASCII. */
function answerHeaders(raw: readonly Uint8Array[]): Headers {
  const headers = new Headers();
  for (let index = 0; index < raw.length; index += 2) headers.append(latin1(raw[index]!), latin1(raw[index + 1]!));
  return headers;
}

function latin1(bytes: Uint8Array): string {
  return (bytes as Buffer).toString('latin1');
}

/** Somebody may be waiting for bytes to be put into a buffer of their own: they are told that there are none. */
function closeStream(sink: ReadableByteStreamController | undefined): void {
  sink?.close();
  sink?.byobRequest?.respond(0);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The request was ended.', { cause: reason });
}
