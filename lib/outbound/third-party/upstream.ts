/** One service of somebody else's, as this process knows it: its fetch, and how it has been lately. */

import type { Clock } from '../../core/clock.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { safeFetchOf } from '../fetch/safe-fetch.js';
import type { SafeFetchOptions } from '../fetch/safe-fetch.options.js';
import type { UpstreamSettings } from './upstream.options.js';

export class Upstream {
  readonly breaker: CircuitBreaker | undefined;
  readonly fetch: typeof fetch;

  constructor(
    readonly settings: UpstreamSettings,
    network: SafeFetchOptions,
    clock: Clock,
  ) {
    const { name, reach, breaker, tryTimeoutMs, maxBytes, tls } = settings;
    this.breaker = breaker && new CircuitBreaker(breaker, clock);
    this.fetch = safeFetchOf(`security.outbound.upstreams.${name}`, {
      ...network,
      ...reach,
      ...(tls !== undefined && { tls }),
      timeoutMs: tryTimeoutMs,
      maxBytes,
      // Followed, a redirect would lead credentials and trust to where the other side likes.
      redirects: 0,
    });
  }
}
