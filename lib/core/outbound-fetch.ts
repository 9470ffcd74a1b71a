/** The contract by which a stage asks a fixed service of somebody else's. The outbound folder answers it. */

/** How a service is reached that is not the usual one: https, its port, a public address. */
export interface OutboundReach {
  /** Default `['https']`. */
  readonly schemes?: readonly ('https' | 'http')[];
  /** Default: the port of the scheme. */
  readonly ports?: readonly number[];
  /** Exact `host:port` entries that may have a private address. Default none. */
  readonly dangerouslyAllowPrivate?: readonly string[];
  /** For the whole of a request, in milliseconds. Default 5_000. */
  readonly timeoutMs?: number;
  /** Most bytes of an answer, before and after decompression. Default 1_048_576. */
  readonly maxBytes?: number;
}

/**
 * Makes a `fetch` that goes to these hosts and no others, whatever the app allows or forbids to the rest: https to public
 * addresses, through the app's proxy where it has one, without redirects. Made once per service: it has its own connections.
 */
export type OutboundFetch = (hosts: readonly string[], reach?: OutboundReach) => typeof fetch;

export const OUTBOUND_FETCH = Symbol('bulwark:outbound-fetch');
