/** The contract by which a stage asks a fixed service of somebody else's. The outbound folder answers it. */

/**
 * Makes a `fetch` that goes to these hosts and no others, whatever the app allows or forbids to the rest: https to public
 * addresses, through the app's proxy where it has one, without redirects. Made once per service: it has its own connections.
 */
export type OutboundFetch = (hosts: readonly string[]) => typeof fetch;

export const OUTBOUND_FETCH = Symbol('bulwark:outbound-fetch');
