/** May this request come in at all? What is asked before routing, the same on every platform. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../core/clock.js';
import { SecurityError } from '../core/errors.js';
import { SecurityEvents } from '../core/events.js';
import { eventPathOf, rawRequest, rawResponse, type HttpRequest, type HttpResponse } from '../core/transport.js';
import { countBody } from './body-counter.js';
import { ForwardedClientAddress } from './client-address.js';
import { EDGE_SETTINGS, type EdgeSettings } from './edge.options.js';
import { writeOwnHeaders } from './headers.js';
import { HostGate } from './hosts.js';
import { bodyRefusal, hasBody, limitOf, methodRefusal, tooLarge } from './limits.js';
import { isPreflight, preflightRefusal, writeCorsHeaders } from './origins.js';
import { answerRedirect, answerRefusal } from './refusal.js';
import { insecureTransport, secureLocation } from './secure-transport.js';

/** Is an address still refused? Asked before anything else: it costs one look-up in this process. */
export interface AddressGateLike {
  /** Milliseconds that this request has to wait because its address is blocked. 0: it may pass. */
  refusesForMs(request: HttpRequest, address: string): number;
}

/** Nest's own hook: writes the security headers and answers why a request that another site made may not go on. */
export type PlatformHook = (request: unknown, response: unknown) => unknown;

/** What `secureApp()` found out about the app. */
export interface EdgeParts {
  readonly settings: EdgeSettings;
  readonly platformHook: PlatformHook;
  readonly gate: AddressGateLike | undefined;
}

const DRESSED = Symbol('bulwark:dressed');

interface Dressed extends ServerResponse {
  [DRESSED]?: true;
}

@Injectable()
export class Edge implements OnModuleInit {
  #settings: EdgeSettings;
  #hosts: HostGate;
  #parts: EdgeParts | undefined;
  #initialised = false;

  constructor(
    @Inject(EDGE_SETTINGS) settings: EdgeSettings,
    @Inject(ForwardedClientAddress) private readonly addresses: ForwardedClientAddress,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#settings = settings;
    this.#hosts = new HostGate(settings.hosts);
  }

  /** What `forRoot({ edge })` said, or `secureApp()` after it. */
  get settings(): EdgeSettings {
    return this.#settings;
  }

  get isSecured(): boolean {
    return this.#parts !== undefined;
  }

  get isInitialised(): boolean {
    return this.#initialised;
  }

  onModuleInit(): void {
    this.#initialised = true;
  }

  secure(parts: EdgeParts): void {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#hosts = new HostGate(parts.settings.hosts);
    this.addresses.use(parts.settings);
  }

  /** Judges one request. True: it was answered here, and goes no further. */
  answers(request: HttpRequest, response: HttpResponse): boolean {
    const raw = rawRequest(request);
    const out = rawResponse(response);
    const crossSite = this.dress(request, response);
    const refusal = this.#refusalOf(raw, out) ?? (out.writableEnded || !crossSite ? undefined : crossSiteRequest());
    if (refusal !== undefined) this.#refuse(raw, out, refusal);
    return out.writableEnded;
  }

  /**
   * Writes the headers that every answer carries, once.
   *
   * @returns why the request may not go on for Nest's protection against requests that other sites make, if it may not.
   */
  dress(request: HttpRequest, response: HttpResponse): unknown {
    const out = rawResponse(response) as Dressed;
    if (out[DRESSED]) return undefined;
    out[DRESSED] = true;
    const crossSite = this.#parts?.platformHook(request, out);
    writeOwnHeaders(out, this.#settings.headers);
    writeCorsHeaders(rawRequest(request), out, this.#settings.origins);
    return crossSite;
  }

  /** In this order. The cheapest first: who is blocked, then what is wrong with the request whoever sends it. */
  #refusalOf(request: IncomingMessage, response: ServerResponse): SecurityError | undefined {
    const { https, methods, origins } = this.#settings;
    const blockedMs = this.#parts?.gate?.refusesForMs(request as HttpRequest, this.addresses.of(request)) ?? 0;
    if (blockedMs > 0) return addressBlocked(blockedMs);

    const wrongHost = this.#hosts.refusalOf(request);
    if (wrongHost !== undefined) return wrongHost;

    if (https !== 'off' && !this.addresses.isSecure(request)) {
      const location = https === 'redirect' ? secureLocation(request) : undefined;
      if (location === undefined) return insecureTransport();
      answerRedirect(response, location);
      return undefined;
    }
    if (isPreflight(request)) return preflightRefusal(request, response, origins);
    if (!methods.includes(request.method!)) return methodRefusal(methods);
    return hasBody(request.headers) ? this.#bodyRefusal(request, response) : undefined;
  }

  #bodyRefusal(request: IncomingMessage, response: ServerResponse): SecurityError | undefined {
    const refusal = bodyRefusal(request.headers, this.#settings);
    if (refusal !== undefined) return refusal;
    // HTTP itself holds a declared length to its word. Only a body of undeclared length has to be counted.
    if (request.headers['content-length'] === undefined) {
      const overflow = (): void => this.#refuse(request, response, tooLarge('counted_bytes'));
      countBody(request, limitOf(request.headers, this.#settings), overflow);
    }
    return undefined;
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: SecurityError): void {
    this.events.emit({
      kind: 'edge_refused',
      timeMs: this.clock.now(),
      level: 'warning',
      subject: {
        method: request.method,
        path: eventPathOf(request as HttpRequest),
        address: this.addresses.of(request),
      },
      stage: 'edge',
      code: refusal.code,
      reason: refusal.reason,
    });
    answerRefusal(request, response, refusal);
  }
}

function addressBlocked(blockedMs: number): SecurityError {
  return new SecurityError('rate_limited', {
    reason: 'address_blocked',
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(blockedMs / 1_000))) },
  });
}

function crossSiteRequest(): SecurityError {
  return new SecurityError('cross_origin', { reason: 'cross_site_request' });
}
