/** May the body of this answer be read? Judged by its headers, before a byte of it is. */

import type { AnswerHead } from './exchange.js';
import { OutboundError } from './outbound-error.js';
import type { SafeFetchSettings } from './safe-fetch.options.js';

type Headed = Pick<AnswerHead, 'headers'>;

/** One coding at most. Two on top of each other turn a kilobyte into gigabytes that nobody counts in between. */
const CODINGS: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

/** What is asked for when the caller asks for nothing. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br';

export function refusalOfAnswer(
  { headers }: Headed,
  host: string,
  { maxBytes, contentTypes }: SafeFetchSettings,
): OutboundError | undefined {
  const coding = codingOf({ headers });
  if (coding !== undefined && !CODINGS.has(coding)) {
    return new OutboundError('encoding_refused', `${host} answers in a coding that is not decoded here`);
  }
  // RFC 9110 §8.6. Where it is no number, the client has refused it.
  if (Number(headers.get('content-length') ?? 0) > maxBytes) {
    return new OutboundError('too_large', `${host} announces more than ${maxBytes} bytes`);
  }
  if (contentTypes !== undefined && !contentTypes(headers.get('content-type'))) {
    return new OutboundError('content_type_refused', `${host} answers with a content type that is not expected`);
  }
  return undefined;
}

/** RFC 9110 §8.4.1: case does not matter. `identity` is no coding. */
export function codingOf({ headers }: Headed): string | undefined {
  const coding = headers.get('content-encoding')?.trim().toLowerCase();
  return coding === '' || coding === 'identity' ? undefined : coding;
}
