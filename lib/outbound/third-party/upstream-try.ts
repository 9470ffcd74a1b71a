/** Asks an upstream once. What came of it: an answer, "no such thing", or a failure and what follows from it. */

import type { AnswerShape } from '../answer/answer-shape.js';
import { discard } from '../answer/discarded-answer.js';
import { readJsonAnswer } from '../answer/json-answer.js';
import { outboundFailureOf, outboundErrorIn, type GatewayCode } from '../outbound-failure.js';
import { healthBy } from './upstream-retry.js';
import type { Upstream } from './upstream.js';

/** A request that is ready to be sent, as often as need be. */
export interface UpstreamQuestion {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
  readonly shape: AnswerShape | undefined;
  /** Over the whole call, every try of it. */
  readonly signal: AbortSignal;
  /** The caller's own part in it. */
  readonly callerSignal: AbortSignal | undefined;
}

export type UpstreamOutcome =
  { readonly kind: 'answer'; readonly value: unknown } | { readonly kind: 'missing' } | UpstreamFailure;

export interface UpstreamFailure {
  readonly kind: 'failure';
  readonly code: GatewayCode;
  /** For the log. */
  readonly reason: string;
  /** Undefined: no answer came. */
  readonly status?: number;
  readonly retryAfter?: string | undefined;
  /** What it says of the upstream. `unknown`: it was not asked, or not let finish. */
  readonly health: 'unwell' | 'well' | 'unknown';
  /** Might another try end in another way? */
  readonly isPassing: boolean;
}

/** RFC 9110 §15.3.5 and §15.3.6. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205]);

/** @throws what `signal` was aborted with by the caller, and bugs. */
export async function askOnce({ fetch, settings }: Upstream, question: UpstreamQuestion): Promise<UpstreamOutcome> {
  const { method, url, body, shape, signal, callerSignal } = question;
  signal.throwIfAborted();
  let headers: Headers;
  try {
    headers = await withAuth(settings.auth, question);
  } catch (error) {
    callerSignal?.throwIfAborted();
    return authFailure(error, signal.aborted);
  }
  try {
    const init = { method, headers, signal, redirect: 'manual' as const, ...(body !== undefined && { body }) };
    const response = await fetch(url.href, init);
    if (response.ok) {
      if (shape !== undefined && !WITHOUT_CONTENT.has(response.status)) {
        // Doing something may end in nothing to say; asking for something may not.
        return { kind: 'answer', value: await readJsonAnswer(response, shape, method !== 'GET') };
      }
      // Nothing is believed that nobody has declared.
      await discard(response);
      return { kind: 'answer', value: undefined };
    }
    await discard(response);
    const { status } = response;
    if (method === 'GET' && (status === 404 || status === 410)) return { kind: 'missing' };
    return {
      kind: 'failure',
      code: 'bad_gateway',
      reason: `status ${status}`,
      status,
      retryAfter: response.headers.get('retry-after') ?? undefined,
      health: healthBy(status),
      isPassing: true,
    };
  } catch (error) {
    return failureFrom(error);
  }
}

/** The upstream's credential is set last: nothing that came with the call takes its place. */
async function withAuth(auth: Upstream['settings']['auth'], question: UpstreamQuestion): Promise<Headers> {
  const headers = new Headers(question.headers);
  if (auth === undefined) return headers;
  const { method, url, body, signal } = question;
  const own = await untilAborted(Promise.resolve(auth({ method, url: url.href, body })), signal);
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  return headers;
}

/** A credential that cannot be had is no word about the upstream. Its error may quote it: only the name is kept. */
function authFailure(error: unknown, isLate: boolean): UpstreamFailure {
  const cause = isLate ? 'timeout' : error instanceof Error ? error.name : typeof error;
  const code = isLate ? 'gateway_timeout' : 'bad_gateway';
  return { kind: 'failure', code, reason: `no credential: ${cause}`, health: 'unknown', isPassing: false };
}

function failureFrom(error: unknown): UpstreamFailure {
  const failure = outboundFailureOf(error);
  if (failure === undefined) throw error;
  const code = failure.code === 'gateway_timeout' ? 'gateway_timeout' : 'bad_gateway';
  const { reason } = failure;
  const outbound = outboundErrorIn(error);
  if (outbound?.refused === false) return { kind: 'failure', code, reason, health: 'unwell', isPassing: true };
  // It answered, only not what was agreed; or our own rules kept it from being asked.
  return { kind: 'failure', code, reason, health: outbound === undefined ? 'well' : 'unknown', isPassing: false };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    // Listened to first: a promise that fails later, when nobody waits any more, would end the process.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    // Aborted while nobody listened yet.
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
  });
}
