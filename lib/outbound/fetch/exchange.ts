/** One request on the wire and its answer: the head as a promise, the body as a stream, each byte counted as it comes. */

import { ReadableStream, type ReadableByteStreamController } from 'node:stream/web';
import type { Dispatcher } from 'undici';
import { failureOf } from './network-failure.js';
import { OutboundError } from './outbound-error.js';

/** Of an answer that nobody reads, this much waits here and the rest at its sender. */
const WAITING_BYTES = 65_536;

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
  #bytes = 0;
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
      const headers = headersOf(wire.rawHeaders as readonly Uint8Array[]);
      this.#resolve({ status, statusText, headers, body: bodiless ? null : this.#openBody(wire) });
    } catch (error) {
      this.end(failureOf(error, this.options.host));
    }
  }

  onResponseData(wire: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#ended !== undefined) return;
    this.#bytes += chunk.byteLength;
    const { host, maxBytes } = this.options;
    if (this.#bytes > maxBytes) {
      return this.end(new OutboundError('too_large', `${host} sends more than ${maxBytes} bytes`));
    }
    if (this.#sink === undefined) return;
    // A copy: the stream takes over what it is given, and this is a part of what the client still reads in.
    this.#sink.enqueue(new Uint8Array(chunk));
    if (this.#sink.desiredSize! <= 0) wire.pause();
  }

  onResponseEnd(): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason: undefined };
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
        pull: () => wire.resume(),
        // Its stream is past being told: only the wire is to be closed.
        cancel: (reason) => {
          this.#sink = undefined;
          this.end(reason);
        },
      },
      { highWaterMark: WAITING_BYTES },
    );
  }
}

/** RFC 9110 §5.5: Latin-1, where it is not ASCII. */
function headersOf(raw: readonly Uint8Array[]): Headers {
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
