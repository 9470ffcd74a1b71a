/** What did the other side answer? JSON, read whole within the limits of its fetch, and held to a shape. */

import { AnswerMismatch, shapedAnswer, type AnswerShape } from './answer-shape.js';
import { readPlainJson } from './plain-json.js';

/** `application/json`, `application/problem+json; charset=utf-8`. */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i;

/**
 * @throws AnswerMismatch, JsonFault: it is something else.
 * @throws OutboundError: it did not arrive within the limits.
 */
export async function readJsonAnswer(response: Response, shape: AnswerShape): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (!JSON_TYPE.test(type.trim())) {
    await discard(response);
    throw new AnswerMismatch('has another content type than JSON');
  }
  return shapedAnswer(shape, readPlainJson(await response.text()));
}

/** Nobody will read the body: its connection is given up, or kept where the body was short. */
export async function discard(response: Response): Promise<void> {
  // A body that fails while it is thrown away is of no interest to anybody.
  await response.body?.cancel().catch(() => undefined);
}
