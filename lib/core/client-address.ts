/** The contract by which every stage learns where a request came from. The edge answers it. */

import type { IncomingMessage } from 'node:http';

export interface ClientAddress {
  /**
   * The address that limits and logs go by: IPv4 as it is, IPv4-mapped IPv6 as IPv4, other IPv6 as its /64.
   * `unknown` where the socket has no address (a Unix socket without declared proxies): all of those share one.
   */
  of(request: IncomingMessage): string;
  /** Did one of our own, declared proxies hand the request on? Only then what it says of the client is believed. */
  isFromProxy(request: IncomingMessage): boolean;
}

export const CLIENT_ADDRESS = Symbol('bulwark:client-address');
