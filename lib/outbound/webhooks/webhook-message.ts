/** What does a webhook say? One JSON object: which one it is, what happened, when, and the rest. */

import { randomUUID } from 'node:crypto';
import { checkText } from '../../core/checks.js';

export interface WebhookMessage {
  /** `order.paid`: what receivers switch on. */
  readonly type: string;
  /** Anything that JSON can say. It is written down when it is sent, so later changes of the object do not count. */
  readonly data: unknown;
  /** The same id is the same webhook: receivers drop doubles by it. Default: a random UUID. */
  readonly id?: string;
  /** When it happened, in milliseconds since the epoch. Default: now. */
  readonly timeMs?: number;
}

export interface WrittenWebhook {
  readonly id: string;
  readonly body: string;
}

/**
 * `{ "id": "…", "type": "order.paid", "time": "2026-01-01T00:00:00.000Z", "data": { … } }`
 *
 * @throws TypeError for what JSON cannot say; RangeError for a body that is too long, or a time that is none.
 */
export function webhookBody(message: WebhookMessage, nowMs: number, maxBytes: number): WrittenWebhook {
  const { type, data = null, id = randomUUID(), timeMs = nowMs } = message;
  checkText('WebhookMessage.type', type);
  checkText('WebhookMessage.id', id);
  return { id, body: boundedJson({ id, type, time: new Date(timeMs).toISOString(), data }, maxBytes) };
}

/** @throws RangeError, without a word of the content. */
export function boundedJson(value: unknown, maxBytes: number): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('WebhookMessage: this is nothing that JSON can say.');
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw new RangeError(`WebhookMessage: ${bytes} bytes are more than ${maxBytes}. Send an id to fetch the rest by.`);
}
