/** What is sent of a body, and may it be sent twice? Fetch standard, "extract a body". */

import { types } from 'node:util';
import { FormData as ClientFormData } from 'undici';

type Given = NonNullable<Parameters<typeof fetch>[1]>['body'];

export interface SentBody {
  /** What the client writes: bytes with their length, anything else in chunks. */
  readonly content: Buffer | Blob | ClientFormData | AsyncIterable<Uint8Array>;
  /** The Content-Type that it has unless the caller gives it another. */
  readonly type: string | undefined;
  /** A stream is gone once it was read. */
  readonly replayable: boolean;
}

/** @throws TypeError for what is no body. */
export function sentBodyOf(body: Given): SentBody | null {
  if (body === null || body === undefined) return null;
  if (typeof body === 'string') return bytes(Buffer.from(body), 'text/plain;charset=UTF-8');
  if (body instanceof URLSearchParams) {
    return bytes(Buffer.from(body.toString()), 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  if (ArrayBuffer.isView(body)) return bytes(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (types.isAnyArrayBuffer(body)) return bytes(Buffer.from(body));
  if (body instanceof Blob) return { content: body, type: body.type || undefined, replayable: true };
  if (body instanceof FormData) return form(body);
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    return { content: body as AsyncIterable<Uint8Array>, type: undefined, replayable: false };
  }
  throw new TypeError('This is no body: use text, bytes, a Blob, a form, URLSearchParams or a stream.');
}

function bytes(content: Buffer, type?: string): SentBody {
  return { content, type, replayable: true };
}

/** The client writes its own class of forms: length and boundary are its affair. */
function form(data: FormData): SentBody {
  const content = new ClientFormData();
  for (const [name, value] of data) {
    if (typeof value === 'string') content.append(name, value);
    else content.append(name, value, value.name);
  }
  return { content, type: undefined, replayable: true };
}
