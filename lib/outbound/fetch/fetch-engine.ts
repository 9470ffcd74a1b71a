/** Holds what the calls of one safe fetch share: its settings and its own connections. */

import { Agent } from 'undici';
import { SafeCall } from './safe-call.js';
import { safeConnector } from './safe-connector.js';
import type { SafeFetchSettings } from './safe-fetch.options.js';
import { completeRequest } from './safe-request.js';

/** Of one answer, its trailers included. */
const MOST_HEADER_BYTES = 16_384;

export class FetchEngine {
  /** Its own: a connection that other rules have let through is never used here. */
  readonly #agent: Agent;

  constructor(private readonly settings: SafeFetchSettings) {
    this.#agent = new Agent({
      connect: safeConnector(settings),
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: MOST_HEADER_BYTES,
      // An idle connection ends before long, whatever the server would like: what it was judged by may have moved.
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 30_000,
      // None of its own: the call has one timer for all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async fetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const request = completeRequest(input, init, this.settings.policy);
    return new SafeCall(this.settings, this.#agent, request.signal).run(request);
  }
}
