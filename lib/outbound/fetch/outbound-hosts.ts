/** Which hosts may a request go to? Lists of names as an app writes them, made ready to be compared. */

import { isIP } from 'node:net';
import { checkTextList, optionError } from '../../core/checks.js';
import { isMetadataAddress } from './address-policy.js';

/** Exact names, and the suffixes behind `*.`. */
export interface HostList {
  readonly names: ReadonlySet<string>;
  /** With the dot in front: `.example.com`. */
  readonly suffixes: readonly string[];
}

/** `*` is refused: leave the list out to say "any public host". */
export function completeHostList(option: string, hosts: readonly string[]): HostList {
  const names = new Set<string>();
  const suffixes: string[] = [];
  const fix = "Use names, e.g. 'api.example.com' or '*.example.com', without scheme, port or path.";
  for (const [index, entry] of checkTextList(option, hosts, fix).entries()) {
    const wild = entry.startsWith('*.');
    const host = canonicalHost(wild ? entry.slice(2) : entry);
    // `*.com` would be half of the internet.
    if (host === undefined || (wild && (isAddress(host) || !host.includes('.')))) {
      throw optionError(`${option}[${index}]`, entry, 'is not a host', fix);
    }
    if (wild) suffixes.push(`.${host}`);
    else names.add(host);
  }
  return { names, suffixes };
}

/** `*.example.com` is every name below `example.com`, however deep, and not `example.com` itself. */
export function isListed({ names, suffixes }: HostList, host: string): boolean {
  return names.has(host) || suffixes.some((suffix) => host.endsWith(suffix) && host.length > suffix.length);
}

/** Entries `host` and `host:port` that may be private. */
export function completePrivateHosts(option: string, hosts: readonly string[] | undefined): ReadonlySet<string> {
  if (hosts === undefined) return new Set();
  const fix = "Use exact hosts, e.g. '127.0.0.1:4010' or 'partner.internal:8443'.";
  return new Set(
    checkTextList(option, hosts, fix).map((entry, index) => {
      const [, name, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? [];
      const host = name === undefined ? undefined : canonicalHost(name);
      const place = `${option}[${index}]`;
      if (host === undefined || (port !== undefined && !isPort(Number(port)))) {
        throw optionError(place, entry, 'is not a host with perhaps a port', fix);
      }
      if (isMetadataAddress(bare(host)) || isMetadataName(host)) {
        const never = 'is the metadata service of a cloud, which is never reached from here';
        throw optionError(place, entry, never, "Read it with the cloud's own client.");
      }
      return port === undefined ? host : `${host}:${Number(port)}`;
    }),
  );
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port <= 65_535;
}

/** Names by which machines of a cloud reach their metadata service. Each answers with a private address; some with more. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

export function isMetadataName(host: string): boolean {
  return METADATA_NAMES.has(host);
}

/** Special-use and customary names of private networks: RFC 6761, RFC 6762, RFC 7686, RFC 8375, and ICANN's `internal`. */
const LOCAL_SUFFIXES = ['.localhost', '.local', '.internal', '.home.arpa', '.localdomain', '.onion'];

/** A name that no public DNS holds. A name without a dot is completed by the search domains of the machine. */
export function isLocalName(host: string): boolean {
  return !host.includes('.') || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix));
}

/** A host as a URL writes it: lower case, punycode, IPv4 as four numbers, IPv6 in brackets. */
function canonicalHost(text: string): string | undefined {
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s/?#@:\\*%[\]]+)$/i.test(text) || text.endsWith('.')) return undefined;
  try {
    return new URL(`https://${text}`).hostname;
  } catch {
    return undefined;
  }
}

/** Without the brackets of an IPv6 address. */
export function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

export function isAddress(host: string): boolean {
  return isIP(bare(host)) !== 0;
}
