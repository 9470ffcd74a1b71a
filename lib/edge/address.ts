/** Which address does a text mean, and under which key does it count? Parsed, never matched by pattern. */

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * An address in any of its spellings, IPv4-mapped IPv6 as the IPv4 address it is, zone ids dropped. Undefined for
 * everything else, octal and shortened IPv4 (`010.1`) included: those mean different hosts to different programs.
 */
export function parseAddress(text: string): Address | undefined {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  switch (isIP(bare)) {
    case 4:
      return zone === -1 ? ipaddr.IPv4.parse(bare) : undefined;
    case 6: {
      const address = ipaddr.IPv6.parse(bare);
      return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
    }
    default:
      return undefined;
  }
}

/**
 * What limits and logs go by: an IPv4 address as it is; of an IPv6 address the /64, which is what one customer gets,
 * so that nobody has 2^64 budgets. In the one spelling of RFC 5952.
 */
export function addressKey(address: Address): string {
  if (address instanceof ipaddr.IPv4) return address.toString();
  return `${new ipaddr.IPv6([...address.parts.slice(0, 4), 0, 0, 0, 0]).toRFC5952String()}/64`;
}
