/** One call of one route, as it passes the stages: what they know of it, and what they hand on. */

import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { ClientAddress } from './client-address.js';
import type { EventSubject } from './events.js';
import type { Principal } from './principal.js';
import type { Route } from './route.js';
import {
  eventPathOf,
  rawRequest,
  rawResponse,
  type CallInput,
  type HttpRequest,
  type HttpResponse,
} from './transport.js';

/** Runs the handler, and filters what it says. */
export type Answering = () => Observable<unknown>;

export class Call {
  /** Set by authentication. Undefined: nobody in particular is calling, or nobody has asked yet. */
  principal: Principal | undefined = undefined;
  /** Set by ownership: the object that was loaded and judged, or the scope to list by. Handed on by `@Owned()`. */
  owned: unknown = undefined;
  /**
   * Set by a stage that gives or keeps whole answers: what it returns leaves in place of what the handler says. It is handed
   * the answer after the response filter. A field and not an interceptor: one more of those costs every route 10 µs.
   */
  around: ((next: Answering) => Observable<unknown>) | undefined = undefined;
  /** True once the whole pipeline let the call pass; single guards then have nothing left to do. */
  passed = false;

  #address: string | undefined = undefined;
  #stages: Set<object> | undefined = undefined;

  constructor(
    readonly route: Route,
    readonly request: HttpRequest,
    readonly response: HttpResponse,
    readonly context: ExecutionContext,
    private readonly addresses: ClientAddress,
    private readonly input?: CallInput,
  ) {}

  /** Where the call comes from, as limits and logs see it. Computed when first asked for. */
  get address(): string {
    return (this.#address ??= this.addresses.of(rawRequest(this.request)));
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** What the caller sent: the body of a request, the arguments of a field, the data of a message. */
  get body(): unknown {
    return this.input === undefined ? this.request.body : this.input.body;
  }

  /** What is called: method and target of a request, or the name of the field or message. */
  get target(): string {
    return this.input?.target ?? `${this.request.method} ${this.request.originalUrl ?? this.request.url}`;
  }

  /** What this very call costs, in tokens. Undefined: what its route says. */
  get cost(): number | undefined {
    return this.input?.cost;
  }

  /**
   * A path parameter, or a named argument. A whole number is told as text, for arguments and messages may have one where a path has its
   * digits. Undefined where there is none of that name, or it is neither or empty.
   */
  param(name: string): string | undefined {
    const params = (this.input === undefined ? this.request.params : this.input.params) as
      Record<string, unknown> | null | undefined;
    if (params === undefined || params === null || !Object.hasOwn(params, name)) return undefined;
    const value = params[name];
    if (Number.isSafeInteger(value) || typeof value === 'bigint') return String(value);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  setHeader(name: string, value: string): void {
    rawResponse(this.response).setHeader(name, value);
  }

  /** Did this stage let the call pass already? Then it does not run again: nobody is charged or logged twice. */
  hasPassed(stage: object): boolean {
    return this.passed || this.#stages?.has(stage) === true;
  }

  /** Noted only after the stage said yes: a refusal that somebody's guard swallowed is asked again, and refused again. */
  markPassed(stage: object): void {
    (this.#stages ??= new Set()).add(stage);
  }

  /** Who, where and what, for an event. */
  subject(): EventSubject {
    const { principal } = this;
    return {
      route: this.route.id,
      method: this.request.method,
      path: eventPathOf(this.request),
      address: this.address,
      ...(principal && { principal: { id: principal.id, scheme: principal.scheme } }),
    };
  }
}

const CALL = Symbol('bulwark:call');

/** The call that a context belongs to, whatever the transport. Undefined: no guard of ours has seen it. */
export function callIn(context: ExecutionContext): Call | undefined {
  const args = context.getArgs<unknown[]>();
  if (context.getType() === 'http') return callOf(args[0] as HttpRequest);
  for (const each of args) {
    const call = typeof each === 'object' && each !== null ? (each as Carrier)[CALL] : undefined;
    if (call !== undefined) return call;
  }
  return undefined;
}

interface Carrier {
  [CALL]?: Call;
}

/** The call that a request is in, if a guard has seen it. Undefined for requests that no route answered. */
export function callOf(request: HttpRequest | IncomingMessage): Call | undefined {
  return (rawRequest(request) as Carrier)[CALL];
}

export function attachCall(request: HttpRequest, call: Call): void {
  (rawRequest(request) as Carrier)[CALL] = call;
}

/** The same for calls that share a request: kept on something that is theirs alone. */
export function callAt(anchor: object): Call | undefined {
  return (anchor as Carrier)[CALL];
}

export function attachCallTo(anchor: object, call: Call): void {
  (anchor as Carrier)[CALL] = call;
}
