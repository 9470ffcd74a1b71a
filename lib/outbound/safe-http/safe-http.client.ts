/** Fetches what a client named: the safe fetch of this app, with failures that an API can answer with. */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { checkAnswerShape, type AnswerOf, type AnswerShape } from '../answer/answer-shape.js';
import { discard } from '../answer/discarded-answer.js';
import { readJsonAnswer } from '../answer/json-answer.js';
import { OUTBOUND, type OutboundSettings } from '../outbound.options.js';
import { isBrokenLookUp, outboundErrorIn, outboundFailureOf } from '../outbound-failure.js';
import { requestHeaders } from '../request-headers.js';
import { safeFetchOf } from '../fetch/safe-fetch.js';
import { completeSafeFetch, type SafeFetchOptions } from '../fetch/safe-fetch.options.js';
import { urlRefusal } from './url-refusal.js';

export interface SafeRequestInit extends RequestInit {
  /** Where in the caller's input the URL stood, as a JSON pointer: `#/url`. A refusal then names it. Default nowhere. */
  readonly pointer?: string;
}

export interface SafeJsonInit<Shape extends AnswerShape> extends SafeRequestInit {
  /** What the answer has to be; what it does not declare is dropped. */
  readonly schema: Shape;
}

/** Ways to read a body, each of which may still fail while it does. */
const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;
type Readers = { readonly [Name in (typeof READERS)[number]]?: () => Promise<unknown> };

/**
 * Requests to addresses that are not the app's own choice. Public addresses only, https only, no redirects, 5 s, 1 MiB:
 * see `security.outbound`. What fails is a `SecurityError` and may be left to the filter: `invalid_input` (400) for a URL
 * that may not be asked or leads nowhere, `bad_gateway` (502) and `gateway_timeout` (504) for what the other side did.
 *
 * @example
 * const page = await this.http.fetch(input.url, { pointer: '#/url' });
 */
@Injectable()
export class SafeHttpClient {
  readonly #fetch: typeof fetch;

  constructor(
    @Inject(OUTBOUND) private readonly settings: OutboundSettings,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#fetch = safeFetchOf('security.outbound', settings.fetch);
  }

  /**
   * The same client with other limits, for one use: `http.with({ redirects: 3, contentTypes: ['text/html'] })`. Has its own
   * connections; make it once.
   *
   * @throws TypeError naming option, value and fix.
   */
  with(options: SafeFetchOptions): SafeHttpClient {
    const fetch = { ...this.settings.fetch, ...options };
    completeSafeFetch('SafeHttpClient.with', fetch);
    const settings = { ...this.settings, fetch };
    return new SafeHttpClient(settings, this.events, this.clock);
  }

  /**
   * `fetch()`. Any status is an answer. Reading the body by `text()`, `json()` and the like fails in the same ways as this;
   * a clone, and `body` read as a stream, fail with an `OutboundError`.
   *
   * @throws SecurityError `invalid_input`, `bad_gateway` or `gateway_timeout`; what `init.signal` was aborted with.
   */
  async fetch(input: string | URL, init: SafeRequestInit = {}): Promise<Response> {
    const { pointer: _pointer, ...rest } = init;
    const target = String(input);
    const headers = requestHeaders(rest.headers);
    try {
      const response = await this.#fetch(target, { ...rest, headers });
      return this.#guarded(response, target, init);
    } catch (error) {
      throw this.#refusal(error, target, init);
    }
  }

  /**
   * Fetches JSON of a known shape. Any status but a 2xx is a `bad_gateway`.
   *
   * @throws SecurityError as `fetch()`; `bad_gateway` where the answer is no JSON or does not fit.
   */
  async getJson<Shape extends AnswerShape>(
    input: string | URL,
    { schema, ...init }: SafeJsonInit<Shape>,
  ): Promise<AnswerOf<Shape>> {
    checkAnswerShape('SafeHttpClient: schema', schema);
    const headers = requestHeaders(init.headers);
    if (!headers.has('accept')) headers.set('accept', 'application/json');
    const response = await this.fetch(input, { ...init, headers });
    try {
      if (response.ok) return (await readJsonAnswer(response, schema)) as AnswerOf<Shape>;
    } catch (error) {
      throw this.#refusal(error, String(input), init);
    }
    await discard(response);
    throw this.#failed('bad_gateway', `status ${response.status}`, String(input));
  }

  /** A body can break long after the headers came: then its readers throw what `fetch()` would have thrown. */
  #guarded(response: Response, target: string, init: SafeRequestInit): Response {
    for (const name of READERS) {
      const read = (response as Readers)[name];
      if (read === undefined) continue;
      const value = async (): Promise<unknown> => {
        const isSpent = response.bodyUsed;
        try {
          return await read.call(response);
        } catch (error) {
          // A form that is none is the other side's doing; reading twice is ours.
          if (name === 'formData' && !isSpent && error instanceof TypeError && outboundErrorIn(error) === undefined) {
            throw this.#failed('bad_gateway', 'the answer is no form', target, error);
          }
          throw this.#refusal(error, target, init);
        }
      };
      Object.defineProperty(response, name, { value, configurable: true, writable: true });
    }
    return response;
  }

  #refusal(error: unknown, target: string, { pointer, signal }: SafeRequestInit): unknown {
    if (error instanceof SecurityError || signal?.aborted === true) return error;
    if (error instanceof SyntaxError) return this.#failed('bad_gateway', 'the answer is no JSON', target);
    const failure = outboundFailureOf(error);
    if (failure === undefined) return error;
    if (isBrokenLookUp(error)) this.#tell('bad_gateway', failure.reason, target);
    // Whoever catches it last records it, and knows whose request it was: a URL that leads inside is worth knowing.
    if (failure.code === 'invalid_input') return urlRefusal(failure.reason, pointer, error);
    return this.#failed(failure.code, failure.reason, target, error);
  }

  #failed(code: 'bad_gateway' | 'gateway_timeout', reason: string, target: string, cause?: unknown): SecurityError {
    this.#tell(code, reason, target);
    return new SecurityError(code, { reason: `outbound: ${reason}`, cause, recorded: true });
  }

  #tell(code: 'bad_gateway' | 'gateway_timeout', reason: string, target: string): void {
    this.events.emit({
      kind: 'upstream_failed',
      timeMs: this.clock.now(),
      level: 'warning',
      subject: {},
      upstream: shownHost(target),
      code,
      reason,
      attempts: 1,
    });
  }
}

/** Never the path or the query: they may hold secrets. */
function shownHost(target: string): string {
  return URL.canParse(target) ? new URL(target).host : 'no host';
}
