/** Asks services of others, and believes of their answers only what was declared. */

import { Inject, Injectable } from '@nestjs/common';
import { nearest } from '../../core/checks.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { checkAnswerShape, type AnswerOf, type AnswerShape } from '../answer/answer-shape.js';
import type { BreakerState } from './circuit-breaker.js';
import { OUTBOUND, type OutboundSettings } from '../outbound.options.js';
import { requestHeaders } from '../request-headers.js';
import { CallDeadline } from './call-deadline.js';
import { UpstreamCaller } from './upstream.caller.js';
import { upstreamUrl, type PathParams, type QueryParams } from './upstream-path.js';
import type { UpstreamFailure, UpstreamOutcome, UpstreamQuestion } from './upstream-try.js';
import { Upstream } from './upstream.js';

export interface UpstreamCall<Shape extends AnswerShape = AnswerShape> {
  /** What fills the `:name` places of the path. Each value is encoded, and refused where it could lead elsewhere. */
  readonly params?: PathParams;
  readonly query?: QueryParams;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the answer has to be. Default the upstream's `schema`; without either, and with false, the answer is not read. */
  readonly schema?: Shape | false;
  /** Ends the call early, with whatever it was aborted with. */
  readonly signal?: AbortSignal;
}

export interface UpstreamSend<Shape extends AnswerShape = AnswerShape> extends UpstreamCall<Shape> {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as `Idempotency-Key`. With one, POST and PATCH too are tried again. */
  readonly idempotencyKey?: string;
}

type SendMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** RFC 9110 §5.6.2 and a few more, short: it goes into a header. */
const IDEMPOTENCY_KEY = /^[\w\-.:~+/=]{1,255}$/;

/**
 * The upstreams of `security.outbound.upstreams`. An answer is JSON that fits the declared shape, stripped of what the shape
 * does not declare, or it is none. Failures are `SecurityError`s that may be left to the filter: `bad_gateway` (502) and
 * `gateway_timeout` (504), without a word of the upstream; the cause is an `upstream_failed` event.
 *
 * @example
 * const partner = await this.client.get('partners', '/v1/partners/:id', { params: { id }, schema: PartnerAnswer });
 * if (partner === undefined) throw new NotFoundException();
 */
@Injectable()
export class ThirdPartyClient {
  readonly #upstreams = new Map<string, Upstream>();
  readonly #caller: UpstreamCaller;

  constructor(
    @Inject(OUTBOUND) { upstreams, network, pacing }: OutboundSettings,
    @Inject(SecurityEvents) events: SecurityEvents,
    @Inject(CLOCK) clock: Clock,
  ) {
    for (const [name, settings] of upstreams) this.#upstreams.set(name, new Upstream(settings, network, clock));
    this.#caller = new UpstreamCaller(pacing, events, clock);
  }

  /** Is there an upstream of this name? */
  has(name: string): boolean {
    return this.#upstreams.has(name);
  }

  /** Whether calls of this upstream are let through: for health checks. `closed` is the normal. */
  state(name: string): BreakerState {
    return this.#upstream(name).breaker?.state ?? 'closed';
  }

  /**
   * Reads something. Undefined: the upstream says that there is no such thing (404 or 410) or nothing to say (204), which is an
   * answer and no failure.
   *
   * @throws SecurityError `bad_gateway`, `gateway_timeout`; `invalid_input` for a parameter that cannot stand in a path.
   */
  async get<Shape extends AnswerShape>(
    name: string,
    path: string,
    call: UpstreamCall<Shape> = {},
  ): Promise<AnswerOf<Shape> | undefined> {
    const outcome = await this.#ask(name, 'GET', path, call);
    return outcome.kind === 'answer' ? (outcome.value as AnswerOf<Shape>) : undefined;
  }

  /**
   * Tried again only with an `idempotencyKey`. A 404 is a `bad_gateway` here. Undefined: the upstream answered 204 or nothing at
   * all. @throws SecurityError as `get()`.
   */
  post<Shape extends AnswerShape>(name: string, path: string, call: UpstreamSend<Shape> = {}) {
    return this.#send('POST', name, path, call);
  }

  put<Shape extends AnswerShape>(name: string, path: string, call: UpstreamSend<Shape> = {}) {
    return this.#send('PUT', name, path, call);
  }

  /** Tried again only with an `idempotencyKey`. */
  patch<Shape extends AnswerShape>(name: string, path: string, call: UpstreamSend<Shape> = {}) {
    return this.#send('PATCH', name, path, call);
  }

  delete<Shape extends AnswerShape>(name: string, path: string, call: UpstreamSend<Shape> = {}) {
    return this.#send('DELETE', name, path, call);
  }

  async #send<Shape extends AnswerShape>(
    method: SendMethod,
    name: string,
    path: string,
    call: UpstreamSend<Shape>,
  ): Promise<AnswerOf<Shape> | undefined> {
    const outcome = await this.#ask(name, method, path, call);
    return outcome.kind === 'answer' ? (outcome.value as AnswerOf<Shape>) : undefined;
  }

  async #ask(
    name: string,
    method: string,
    path: string,
    call: UpstreamSend,
  ): Promise<Exclude<UpstreamOutcome, UpstreamFailure>> {
    const upstream = this.#upstream(name);
    const question = questionOf(upstream, method, path, call);
    const deadline = new CallDeadline(upstream.settings.timeoutMs, call.signal);
    try {
      return await this.#caller.ask(upstream, { ...question, signal: deadline.signal }, call);
    } finally {
      deadline.end();
    }
  }

  #upstream(name: string): Upstream {
    const upstream = this.#upstreams.get(name);
    if (upstream !== undefined) return upstream;
    const near = nearest(name, [...this.#upstreams.keys()]);
    throw new TypeError(
      `ThirdPartyClient: no upstream "${name}". ${near ? `Did you mean "${near}"?` : 'Add it to security.outbound.upstreams.'}`,
    );
  }
}

function questionOf(
  { settings }: Upstream,
  method: string,
  path: string,
  call: UpstreamSend,
): Omit<UpstreamQuestion, 'signal'> {
  if (call.schema !== undefined && call.schema !== false) checkAnswerShape('ThirdPartyClient: schema', call.schema);
  const headers = requestHeaders(call.headers ?? {});
  headers.set('accept', 'application/json');
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  const { idempotencyKey } = call;
  if (idempotencyKey !== undefined) {
    if (!IDEMPOTENCY_KEY.test(idempotencyKey)) {
      throw new SecurityError('invalid_input', { reason: 'upstream_idempotency_key' });
    }
    headers.set('idempotency-key', idempotencyKey);
  }
  return {
    method,
    url: upstreamUrl(settings.baseUrl, path, call.params, call.query),
    headers,
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    shape: call.schema === false ? undefined : (call.schema ?? settings.schema),
    callerSignal: call.signal,
  };
}
