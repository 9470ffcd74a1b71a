/** Tries a webhook once: signed at this moment, and judged by the status of the answer alone. */

import type { Clock } from '../../core/clock.js';
import type { WebhookTarget } from './webhook-target.js';
import { judgeAnswer, judgeError, type JudgedTry } from './webhook-verdict.js';

/** Never rejects. */
export async function tryOnce(
  { url, sign, fetch }: WebhookTarget,
  body: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<JudgedTry> {
  const plain = { 'Content-Type': 'application/json', 'User-Agent': 'nestjs-bulwark' };
  try {
    // Signed anew each time: a receiver refuses what it has seen, or what was signed half an hour ago.
    // What is no URL is not signed: the safe fetch will say so.
    const signNow = URL.canParse(url) ? sign : undefined;
    const headers = signNow?.({ method: 'POST', url, headers: plain, body }, clock.now()) ?? plain;
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', ...(signal && { signal }) });
    return judgeAnswer(response.status, response.headers.get('retry-after'), clock.now());
  } catch (error) {
    return judgeError(error);
  }
}
