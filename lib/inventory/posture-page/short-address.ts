/** How much of an address does a page show? Enough to see a pattern, not enough to name a household. */

import ipaddr from 'ipaddr.js';

/** `203.0.113.0/24`, `2001:db8:1::/48`. What is no address is `unknown`. */
export function shortAddress(address: string): string {
  // Events know IPv6 clients by their network already: `2001:db8:1:2::/64`.
  const [text = ''] = address.split('/', 1);
  if (!ipaddr.isValid(text)) return 'unknown';
  const parsed = ipaddr.process(text);
  if (parsed instanceof ipaddr.IPv4) return `${parsed.octets.slice(0, 3).join('.')}.0/24`;
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, 3), 0, 0, 0, 0, 0]).toString()}/48`;
}
