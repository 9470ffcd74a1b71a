/** From which networks may a key be used? */

import { BlockList, isIP } from 'node:net';

/**
 * Clients are known by their IPv4 address or the /64 of their IPv6 address, as everywhere in the library: a range that
 * is narrower than a /64 could not be told from its neighbours, so it is none.
 */
const NARROWEST_IPV6 = 64;

type Family = 'ipv4' | 'ipv6';

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: Family;
}

export class AllowedNetworks {
  // One each: a BlockList of both takes IPv4 clients for mapped ones and finds them in ranges of IPv6.
  readonly #lists = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** @param cidrs Each one passed `isNetwork()`. */
  constructor(cidrs: readonly string[]) {
    for (const { address, bits, family } of cidrs.map(networkOf).filter((network) => network !== undefined)) {
      this.#lists[family].addSubnet(address, bits, family);
    }
  }

  /** @param address As `ClientAddress` tells it. One that is unknown is allowed nowhere. */
  holds(address: string | undefined): boolean {
    const bare = address?.replace(/\/64$/, '') ?? '';
    const family = familyOf(bare);
    return family !== undefined && this.#lists[family].check(bare, family);
  }
}

/** `203.0.113.0/24`, `203.0.113.9`, `2001:db8::/32`; of IPv6 nothing narrower than a /64. */
export function isNetwork(text: unknown): text is string {
  return typeof text === 'string' && networkOf(text) !== undefined;
}

function networkOf(text: string): Network | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = familyOf(address);
  // Zones mean something on one machine only.
  if (family === undefined || rest.length > 0 || address.includes('%')) return undefined;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix);
  if (bits > (family === 'ipv4' ? 32 : NARROWEST_IPV6)) return undefined;
  // Mapped addresses are met as the IPv4 addresses they are: nobody comes from there.
  if (family === 'ipv6' && bits > 0 && isUnderZero(address)) return undefined;
  return { address, bits, family };
}

function familyOf(address: string): Family | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/** Of ::/64, where mapped and compatible addresses lie, however it is spelt. */
function isUnderZero(address: string): boolean {
  return ZERO.check(address, 'ipv6');
}

const ZERO = new BlockList();
ZERO.addSubnet('::', 64, 'ipv6');
