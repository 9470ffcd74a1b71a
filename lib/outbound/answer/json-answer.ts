/** What did the other side answer? JSON, read whole within the limits of its fetch, and held to a shape. */

import { AnswerMismatch, shapedAnswer, type AnswerShape } from './answer-shape.js';
import { discard } from './discarded-answer.js';
import { readPlainJson } from './plain-json.js';

/** `application/json`, `application/problem+json; charset=utf-8`. */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i;

/**
 * @param mayBeEmpty Whether saying nothing at all is an answer, too: undefined.
 * @throws AnswerMismatch, JsonFault: it is something else.
 * @throws OutboundError: it did not arrive within the limits.
 */
export async function readJsonAnswer(response: Response, shape: AnswerShape, mayBeEmpty = false): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  const isJson = JSON_TYPE.test(type.trim());
  if (!isJson && !mayBeEmpty) {
    await discard(response);
    throw new AnswerMismatch('has another content type than JSON');
  }
  const text = await response.text();
  if (mayBeEmpty && text === '') return undefined;
  if (!isJson) throw new AnswerMismatch('has another content type than JSON');
  return shapedAnswer(shape, readPlainJson(text));
}
