/** What comes out of a compressed body, and how much? Counted as it is read, so that a bomb never unfolds. */

import { pipeline, type Duplex } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { OutboundError } from './outbound-error.js';

export interface UnfoldOptions {
  readonly coding: string;
  readonly maxBytes: number;
  readonly host: string;
  /** Called with what ends the body before its time. @returns what the reader gets to see of it. */
  readonly fail: (error: unknown) => unknown;
}

export function unfoldedBody(
  body: ReadableStream<Uint8Array>,
  { coding, maxBytes, host, fail }: UnfoldOptions,
): ReadableStream<Uint8Array> {
  const chunks = unfold(body, coding);
  let bytes = 0;
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(sink) {
        try {
          const { done, value } = await chunks.next();
          if (done) {
            sink.close();
            return sink.byobRequest?.respond(0);
          }
          bytes += value.byteLength;
          if (bytes > maxBytes) {
            throw new OutboundError('too_large', `${host} sends what unfolds to more than ${maxBytes} bytes`);
          }
          return sink.enqueue(new Uint8Array(value));
        } catch (error) {
          void chunks.return(undefined);
          throw fail(error);
        }
      },
      async cancel(reason) {
        fail(reason);
        await chunks.return(undefined);
      },
    },
    // Nothing is unfolded before somebody reads.
    { highWaterMark: 0 },
  );
}

async function* unfold(body: ReadableStream<Uint8Array>, coding: string): AsyncGenerator<Uint8Array, undefined> {
  const packed = body[Symbol.asyncIterator]();
  const first = await packed.next();
  // No bytes at all are no compressed ones either; decoders would complain.
  if (first.done) return;
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield first.value;
    yield* packed;
  };
  // Its failure is thrown to whoever reads, below.
  const decoder = pipeline(all, decoderOf(coding, first.value), () => undefined);
  for await (const chunk of decoder) yield chunk as Uint8Array;
}

/** Flushed at its end as browsers do: many a server forgets the last bytes of what it compresses. */
const LENIENT = { finishFlush: constants.Z_SYNC_FLUSH };

function decoderOf(coding: string, first: Uint8Array): Duplex {
  switch (coding) {
    case 'br':
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
    case 'deflate':
      // RFC 9110 §8.4.1.2: in the zlib format, and "some non-conformant implementations" send it without.
      return (first[0]! & 0x0f) === 0x08 ? createInflate(LENIENT) : createInflateRaw(LENIENT);
    default:
      return createGunzip(LENIENT);
  }
}
