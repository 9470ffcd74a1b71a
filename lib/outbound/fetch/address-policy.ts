/** Is an address one that anybody on the internet may reach? */

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether an address is public. No for everything in the IANA registries of special-purpose addresses, for every IPv6
 * address outside 2000::/3, for what hides an IPv4 address inside an IPv6 one (except the IPv4-mapped form, which is judged
 * as the IPv4 address that it is), for zone ids, for the metadata services of clouds, and for every text that is not an
 * address in its usual spelling: `010.0.0.1` and `127.1` mean different hosts to different programs.
 *
 * @example
 * isPublicAddress('93.184.216.34') // true
 * isPublicAddress('::ffff:169.254.169.254') // false
 */
export function isPublicAddress(ip: string): boolean {
  const address = parseIp(ip);
  if (address === undefined || isIn(METADATA, address)) return false;
  return address instanceof ipaddr.IPv4 ? isPublicIPv4(address) : isPublicIPv6(address);
}

/**
 * The metadata service of a cloud, which hands out the machine's own credentials, and the links that such services live on:
 * refused even where private is allowed, in every form that a gateway may make an IPv4 address of, and with a zone, too.
 */
export function isMetadataAddress(ip: string): boolean {
  const address = parseIp(typeof ip === 'string' ? ip.split('%', 1)[0] : ip);
  if (address === undefined) return false;
  if (isIn(METADATA, address)) return true;
  const inside = address instanceof ipaddr.IPv6 ? addressInside(address) : undefined;
  return inside !== undefined && isIn(METADATA, inside);
}

type Block = readonly [network: ipaddr.IPv4 | ipaddr.IPv6, prefix: number];

const blocks = (...texts: readonly string[]): readonly Block[] => texts.map((text) => ipaddr.parseCIDR(text));

/** https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast (RFC 5771). */
const SPECIAL_IPV4 = blocks(
  '0.0.0.0/8', // this network, RFC 791
  '10.0.0.0/8', // private, RFC 1918
  '100.64.0.0/10', // carrier-grade NAT, RFC 6598
  '127.0.0.0/8', // loopback, RFC 1122
  '169.254.0.0/16', // link local, RFC 3927
  '172.16.0.0/12', // private, RFC 1918
  '192.0.0.0/24', // protocol assignments, RFC 6890
  '192.0.2.0/24', // documentation, RFC 5737
  '192.31.196.0/24', // AS112, RFC 7535
  '192.52.193.0/24', // AMT, RFC 7450
  '192.88.99.0/24', // 6to4 relays, RFC 7526
  '192.168.0.0/16', // private, RFC 1918
  '192.175.48.0/24', // AS112, RFC 7534
  '198.18.0.0/15', // benchmarking, RFC 2544
  '198.51.100.0/24', // documentation, RFC 5737
  '203.0.113.0/24', // documentation, RFC 5737
  '224.0.0.0/4', // multicast, RFC 5771
  '240.0.0.0/4', // reserved, RFC 1112, and broadcast, RFC 919
);

/** Global unicast, RFC 4291 §2.4. What lies outside (ULA, link local, NAT64, IPv4-compatible, SRv6 …) is not public. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** https://www.iana.org/assignments/iana-ipv6-special-registry, inside 2000::/3. */
const SPECIAL_IPV6 = blocks(
  '2001::/23', // protocol assignments, RFC 2928: Teredo, benchmarking, AMT, ORCHID, DRIP and others
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4, RFC 3056: an IPv4 address inside
  '2620:4f:8000::/48', // AS112, RFC 7534
  '3ffe::/16', // 6bone, given back, RFC 3701
  '3fff::/20', // documentation, RFC 9637
);

/** Where clouds keep what a machine is and may do. Some are public by registry; all are named, whatever range they are in. */
const METADATA = blocks(
  '169.254.0.0/16', // AWS, Google, Azure, Oracle, DigitalOcean, OpenStack, Tencent and others: link local
  '100.100.100.200/32', // Alibaba
  '168.63.129.16/32', // Azure, the host of the machine: a public address
  '192.0.0.192/32', // Oracle, older form
  'fd00:ec2::254/128', // AWS
  'fd00:ec2::23/128', // AWS, pod credentials
  'fd20:ce::254/128', // Google
  'fe80::/10', // OpenStack: link local
);

function parseIp(text: unknown): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (typeof text !== 'string') return undefined;
  switch (isIP(text)) {
    case 4:
      return ipaddr.IPv4.parse(text);
    case 6: {
      // A zone id chooses one of this machine's own links.
      if (text.includes('%')) return undefined;
      const address = ipaddr.IPv6.parse(withoutDots(text));
      return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
    }
    default:
      return undefined;
  }
}

/** `::1.2.3.4` as `::102:304`: the parser takes the dotted form for an IPv4-mapped address, which it is not. */
function withoutDots(text: string): string {
  const colon = text.lastIndexOf(':');
  if (!text.includes('.', colon)) return text;
  const [a, b, c, d] = ipaddr.IPv4.parse(text.slice(colon + 1)).octets as [number, number, number, number];
  return `${text.slice(0, colon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** Where an IPv6 address has an IPv4 address inside: which words of it are that. */
const WITH_IPV4_INSIDE: readonly (readonly [block: Block, firstWord: number])[] = [
  [ipaddr.parseCIDR('::/96'), 6], // IPv4-compatible, RFC 4291 §2.5.5.1
  [ipaddr.parseCIDR('64:ff9b::/96'), 6], // NAT64, RFC 6052
  [ipaddr.parseCIDR('64:ff9b:1::/48'), 6], // NAT64 of a network's own, RFC 8215
  [ipaddr.parseCIDR('2002::/16'), 1], // 6to4, RFC 3056
];

function addressInside(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const found = WITH_IPV4_INSIDE.find(([block]) => isIn([block], address));
  if (found === undefined) return undefined;
  const [high, low] = [address.parts[found[1]]!, address.parts[found[1] + 1]!];
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
}

function isPublicIPv4(address: ipaddr.IPv4): boolean {
  // The parser's own opinion counts too: whichever of the two says no.
  return !isIn(SPECIAL_IPV4, address) && address.range() === 'unicast';
}

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  return (
    address.match(GLOBAL_UNICAST) && !isIn(SPECIAL_IPV6, address) && !isIsatap(address) && address.range() === 'unicast'
  );
}

/** RFC 5214 §6.1: an interface id of 0:5efe or 200:5efe is followed by the IPv4 address that a router sends it on to. */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4]! & ~0x0200) === 0 && parts[5] === 0x5efe;
}

function isIn(list: readonly Block[], address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return list.some(([network, prefix]) => network.kind() === address.kind() && address.match(network, prefix));
}
