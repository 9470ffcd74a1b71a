/** One call of a safe fetch: from the first request to the last byte of the last answer, within its time and its size. */

import type { Agent, Dispatcher } from 'undici';
import { ACCEPTED_CODINGS, codingOf, refusalOfAnswer } from './answer-policy.js';
import { Exchange, type AnswerHead } from './exchange.js';
import { failureOf } from './network-failure.js';
import { OutboundError } from './outbound-error.js';
import type { SafeFetchSettings } from './safe-fetch.options.js';
import { nextRequest } from './safe-redirect.js';
import type { SafeRequest } from './safe-request.js';
import { safeResponse } from './safe-response.js';
import { unfoldedBody } from './unfolded-body.js';

export class SafeCall {
  readonly #timer: NodeJS.Timeout;
  #exchange: Exchange | undefined;
  #host = '';
  /** Over before there was an answer: late, or the caller left. */
  #ended: { readonly reason: unknown } | undefined = undefined;
  /** The caller has the answer: the end of its body is the end of the call. */
  #answered = false;

  constructor(
    private readonly settings: SafeFetchSettings,
    private readonly agent: Agent,
    private readonly signal: AbortSignal | undefined,
  ) {
    // The wait is for the answer, not for the timer: it keeps no process alive.
    this.#timer = setTimeout(this.#onLate, settings.timeoutMs).unref();
  }

  /** @throws OutboundError; the reason of the caller's own signal; TypeError for what the Fetch standard refuses. */
  async run(first: SafeRequest): Promise<Response> {
    try {
      this.signal?.throwIfAborted();
      this.signal?.addEventListener('abort', this.#onAbort, { once: true });
      let request = first;
      for (let followed = 0; ; followed++) {
        const head = await this.#ask(request);
        // Between the head and this line: then nothing ends the next request any more.
        if (this.#ended !== undefined) throw this.#ended.reason;
        const next = nextRequest(request, head, this.settings, followed);
        if (next === undefined) return this.#answer(request, head, followed > 0);
        // Not read to its end: it may be endless.
        this.#exchange!.end(undefined);
        request = next;
      }
    } catch (error) {
      this.#settle();
      this.#exchange?.end(error);
      throw error;
    }
  }

  #ask({ url, method, headers, body }: SafeRequest): Promise<AnswerHead> {
    this.#host = url.hostname;
    const onEnd = (): void => {
      // The end of a redirect is not the end of the call: its time goes on.
      if (this.#answered) this.#settle();
    };
    const exchange = new Exchange({ method, host: url.hostname, maxBytes: this.settings.maxBytes, onEnd });
    this.#exchange = exchange;
    // With a `?` that has nothing behind it: what was signed is what is asked.
    const path = url.href.slice(url.origin.length).split('#', 1)[0]!;
    this.agent.dispatch({ origin: url.origin, path, method, headers: sent(headers), body: contentOf(body) }, exchange);
    return exchange.head;
  }

  #answer(request: SafeRequest, head: AnswerHead, redirected: boolean): Response {
    if (!this.settings.bodyWanted) return this.#withoutBody(request, head, redirected);
    const refusal = head.body === null ? undefined : refusalOfAnswer(head, this.#host, this.settings);
    if (refusal !== undefined) throw refusal;
    const response = this.#response(request, head, this.#bodyOf(head), redirected);
    this.#answered = true;
    if (this.#exchange!.over) this.#settle();
    return response;
  }

  /** Nobody reads it: what it is, and how much, is of no interest. One that has not come already is hung up on. */
  #withoutBody(request: SafeRequest, head: AnswerHead, redirected: boolean): Response {
    this.#settle();
    this.#exchange!.end(undefined);
    return this.#response(request, head, null, redirected);
  }

  /** @throws OutboundError for a head that makes no `Response`. */
  #response(request: SafeRequest, head: AnswerHead, body: AnswerHead['body'], redirected: boolean): Response {
    try {
      return safeResponse(head, body, request.url, redirected);
    } catch (error) {
      throw failureOf(error, this.#host);
    }
  }

  #bodyOf(head: AnswerHead): AnswerHead['body'] {
    const coding = codingOf(head);
    if (head.body === null || coding === undefined) return head.body;
    const fail = (error: unknown): unknown => {
      const failure = failureOf(error, this.#host);
      this.#exchange!.end(failure);
      return failure;
    };
    return unfoldedBody(head.body, { coding, maxBytes: this.settings.maxBytes, host: this.#host, fail });
  }

  readonly #onLate = (): void => {
    const { timeoutMs } = this.settings;
    this.#end(new OutboundError('timeout', `${this.#host} has not answered within ${timeoutMs} ms`));
  };

  readonly #onAbort = (): void => this.#end(this.signal?.reason);

  #end(reason: unknown): void {
    this.#ended = { reason };
    this.#settle();
    this.#exchange?.end(reason);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** The client writes what iterates, and Blobs; its types know of fewer. */
function contentOf(body: SafeRequest['body']): Dispatcher.DispatchOptions['body'] {
  return (body?.content ?? null) as Dispatcher.DispatchOptions['body'];
}

/** As name, value, name, value. What the caller leaves out is what a plain `fetch` would say. */
function sent(headers: Headers): string[] {
  const list: string[] = [];
  for (const [name, value] of headers) list.push(name, value);
  if (!headers.has('accept')) list.push('accept', '*/*');
  if (!headers.has('user-agent')) list.push('user-agent', 'nestjs-bulwark');
  // Fetch standard: parts of a compressed body are not parts of the body.
  if (!headers.has('accept-encoding')) {
    list.push('accept-encoding', headers.has('range') ? 'identity' : ACCEPTED_CODINGS);
  }
  return list;
}
