/** May a request go to this URL? Judged by what the URL standard reads in it, before any name is looked up. */

import { checkOneOf, checkTextList, optionError } from '../../core/checks.js';
import { isMetadataAddress, isPublicAddress } from './address-policy.js';
import { OutboundError } from './outbound-error.js';
import {
  bare,
  completeHostList,
  completePrivateHosts,
  isAddress,
  isListed,
  isLocalName,
  isMetadataName,
  isPort,
  type HostList,
} from './outbound-hosts.js';

export type OutboundScheme = 'https' | 'http';

export interface UrlPolicyOptions {
  /** Hosts that may be asked: names, or `*.example.com` for what lies below a name. Default: every public host. */
  readonly allowedHosts?: readonly string[];
  /** Default `['https']`. */
  readonly schemes?: readonly OutboundScheme[];
  /** Ports that may be dialled. Default: the port of the scheme, 443 for https and 80 for http. */
  readonly ports?: readonly number[];
  /**
   * Exact hosts, `host` or `host:port`, that may have a private address: for development, and for partners inside the same
   * network. An entry with a port also allows that port. Metadata services stay out of reach. Default none.
   */
  readonly dangerouslyAllowPrivate?: readonly string[];
}

/** Options, checked and made ready. */
export interface UrlPolicy {
  readonly schemes: ReadonlySet<string>;
  readonly hosts: HostList | undefined;
  readonly ports: ReadonlySet<number> | undefined;
  readonly privateHosts: ReadonlySet<string>;
}

export const URL_POLICY_KEYS = ['allowedHosts', 'schemes', 'ports', 'dangerouslyAllowPrivate'] as const;

const SCHEMES: readonly OutboundScheme[] = ['https', 'http'];
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/** Longer than any URL that a server accepts, and short enough to be read without thinking of it. */
const LONGEST = 8192;

/** @throws TypeError that names the option under `option`, its value and the fix. */
export function completeUrlPolicy(option: string, options: UrlPolicyOptions = {}): UrlPolicy {
  const { allowedHosts, schemes = ['https'], ports, dangerouslyAllowPrivate } = options;
  const known = checkTextList(`${option}.schemes`, schemes, "Use ['https'].").map((scheme, index) =>
    checkOneOf(`${option}.schemes[${index}]`, scheme, SCHEMES),
  );
  return Object.freeze({
    schemes: new Set(known.map((scheme) => `${scheme}:`)),
    hosts: allowedHosts === undefined ? undefined : completeHostList(`${option}.allowedHosts`, allowedHosts),
    ports: ports === undefined ? undefined : new Set(checkPorts(`${option}.ports`, ports)),
    privateHosts: completePrivateHosts(`${option}.dangerouslyAllowPrivate`, dangerouslyAllowPrivate),
  });
}

/**
 * Reads a URL and judges its syntax, scheme, host and port. A host that is an address is judged as the address; what a name
 * points to is judged when it is dialled.
 *
 * @returns The URL as it will be asked, a dot at the end of the host left out.
 * @throws OutboundError `url_refused`, `scheme_refused`, `host_not_allowed`, `port_refused` or `address_refused`.
 */
export function checkUrl(text: string | URL, policy: UrlPolicy): URL {
  const url = read(text);
  if (!policy.schemes.has(url.protocol)) throw new OutboundError('scheme_refused', `the scheme is ${url.protocol}`);
  // RFC 3986 §3.2.1: user info makes a URL look as if it pointed elsewhere, and secrets in it end up in logs.
  if (url.username !== '' || url.password !== '') throw new OutboundError('url_refused', 'the URL carries credentials');
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  checkHost(url.hostname);

  const port = portOf(url);
  const declared = isPrivateAllowed(policy, url.hostname, port);
  if (policy.hosts !== undefined && !isListed(policy.hosts, url.hostname)) {
    throw new OutboundError('host_not_allowed', `${url.hostname} is not on the list`);
  }
  checkName(url.hostname, declared);
  const portAllowed =
    policy.privateHosts.has(`${url.hostname}:${port}`) ||
    (policy.ports === undefined ? url.port === '' : policy.ports.has(port));
  if (!portAllowed) throw new OutboundError('port_refused', `port ${port} of ${url.hostname}`);
  return url;
}

/** The one place where an address is judged for a host: a literal in the URL, and every answer of the DNS. */
export function checkAddress(host: string, address: string, privateAllowed: boolean): void {
  if (isPublicAddress(address)) return;
  if (privateAllowed && !isMetadataAddress(address)) return;
  const shown = address === bare(host) ? address : `${address} of ${host}`;
  throw new OutboundError('address_refused', `${shown} is not a public address`);
}

/** Whether the app has named this very host, with this port or without any, as one that may be private. */
export function isPrivateAllowed({ privateHosts }: UrlPolicy, host: string, port: number): boolean {
  return privateHosts.size > 0 && (privateHosts.has(host) || privateHosts.has(`${host}:${port}`));
}

/** 443 of `https://example.com/`. */
export function portOf(url: URL): number {
  return url.port === '' ? DEFAULT_PORTS[url.protocol]! : Number(url.port);
}

function read(text: string | URL): URL {
  // Read again even when it is a URL: one that is not of this very class may say something else each time.
  const href = typeof text === 'string' ? text : String(text.href);
  if (href.length > LONGEST) throw new OutboundError('url_refused', `the URL has more than ${LONGEST} characters`);
  try {
    return new URL(href);
  } catch {
    throw new OutboundError('url_refused', 'the text is not an absolute URL');
  }
}

/** RFC 1035 §2.3.4. The URL standard lets more through than the DNS can ask for. */
function checkHost(host: string): void {
  if (isAddress(host)) return;
  const labels = host.split('.');
  if (host.length > 253 || labels.some((label) => label.length === 0 || label.length > 63)) {
    throw new OutboundError('url_refused', 'the host is not a name that can be looked up');
  }
  // What is left of the printable characters, `_` included, as names on the internet have it.
  if (!/^[a-z0-9._-]+$/.test(host)) throw new OutboundError('url_refused', 'the host has characters of no host name');
}

function checkName(host: string, privateAllowed: boolean): void {
  if (isAddress(host)) return checkAddress(host, bare(host), privateAllowed);
  if (isMetadataName(host) || (isLocalName(host) && !privateAllowed)) {
    throw new OutboundError('host_not_allowed', `${host} is a name inside a network`);
  }
}

function checkPorts(option: string, ports: unknown): readonly number[] {
  const fix = 'Use a list of port numbers, e.g. [443, 8443].';
  if (!Array.isArray(ports) || ports.length === 0) throw optionError(option, ports, 'is not a list of ports', fix);
  return (ports as readonly unknown[]).map((port, index) => {
    if (typeof port === 'number' && isPort(port)) return port;
    throw optionError(`${option}[${index}]`, port, 'is not a port', fix);
  });
}
