/** Where does a request come from? The socket's peer, or whom our own proxies name, hop by hop. */

import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ClientAddress } from '../core/client-address.js';
import { addressKey, parseAddress } from './address.js';
import { hopsOf, type ForwardedHeader } from './forwarded-hops.js';
import { Proxies } from './proxies.js';

export interface ForwardingSettings {
  readonly proxies: Proxies;
  readonly forwardedHeader: ForwardedHeader;
}

/** What is known of one address: under which key it counts, and whether its word about others is taken. */
interface Known {
  readonly key: string;
  readonly trusted: boolean;
}

/** The client as the nearest untrusted hop sees it. */
interface Origin {
  readonly key: string;
  /** What the outermost proxy said of the scheme, with the `Forwarded` header. */
  readonly scheme: string | undefined;
}

/** Every address that a process meets is parsed once, until this many others came after it. */
const REMEMBERED = 4_096;

/** The longest spelling of an address, with zone. Longer texts are garbage and not worth remembering. */
const LONGEST = 64;

const UNKNOWN = 'unknown';

/**
 * The client's address and scheme. Never `req.ip`: its meaning depends on how somebody built the adapter.
 *
 * Starting at the socket, a forwarded header is followed from the right for as long as the hop is a declared proxy;
 * the first that is not is the client. A hop that is no address ends the walk at the proxy that wrote it.
 */
export class ForwardedClientAddress implements ClientAddress {
  #settings: ForwardingSettings;
  readonly #known = new Map<string, Known>();
  #unix: Known;

  constructor(settings: ForwardingSettings) {
    this.#settings = settings;
    this.#unix = { key: UNKNOWN, trusted: settings.proxies.trusts(undefined) };
  }

  /** Takes other proxies at their word from now on. */
  use(settings: ForwardingSettings): void {
    this.#settings = settings;
    this.#unix = { key: UNKNOWN, trusted: settings.proxies.trusts(undefined) };
    this.#known.clear();
  }

  of(request: IncomingMessage): string {
    const peer = request.socket.remoteAddress;
    if (!this.#settings.proxies.any) return this.#keyOf(peer);
    return this.#walk(request, peer).key;
  }

  isFromProxy({ socket }: IncomingMessage): boolean {
    return this.#settings.proxies.any && this.#look(socket.remoteAddress)?.trusted === true;
  }

  /** Did the request reach us, or the outermost of our proxies, over TLS? */
  isSecure(request: IncomingMessage): boolean {
    const { socket } = request;
    if ((socket as Partial<TLSSocket>).encrypted === true) return true;
    const { forwardedHeader } = this.#settings;
    if (!this.isFromProxy(request)) return false;
    if (forwardedHeader === 'forwarded') return this.#walk(request, socket.remoteAddress).scheme === 'https';
    // A list came through several proxies: every one of them must have seen TLS, whichever it was that appended.
    const schemes = request.headers['x-forwarded-proto'];
    return typeof schemes === 'string' && schemes.split(',').every((scheme) => scheme.trim().toLowerCase() === 'https');
  }

  #walk(request: IncomingMessage, peer: string | undefined): Origin {
    let current = this.#look(peer);
    if (!current?.trusted) return { key: current?.key ?? UNKNOWN, scheme: undefined };
    const { forwardedHeader } = this.#settings;
    const value = request.headers[forwardedHeader];
    let said: string | undefined;
    for (const { node, scheme } of typeof value === 'string' ? hopsOf(value, forwardedHeader) : []) {
      const next = node === '' ? undefined : this.#look(node);
      if (next === undefined) break;
      said = scheme;
      current = next;
      if (!next.trusted) break;
    }
    return { key: current.key, scheme: said };
  }

  #keyOf(peer: string | undefined): string {
    if (peer === undefined) return UNKNOWN;
    // The system spells IPv4 in one way only, and it is the key.
    if (!peer.includes(':')) return peer;
    return this.#look(peer)?.key ?? UNKNOWN;
  }

  #look(text: string | undefined): Known | undefined {
    if (text === undefined) return this.#unix;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const address = text.length <= LONGEST ? parseAddress(text) : undefined;
    if (address === undefined) return undefined;
    // Starting over now and then is cheaper than keeping an order, and bounds what a flood of addresses can fill.
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const found = { key: addressKey(address), trusted: this.#settings.proxies.trusts(address) };
    this.#known.set(text, found);
    return found;
  }
}

export interface ClientAddressOptions {
  /** Our own proxies: CIDR ranges, addresses, `loopback`, `linklocal`, `private`, `unix`. Default none. */
  proxies?: readonly string[];
  /** The header they write. Default `x-forwarded-for`. */
  forwardedHeader?: ForwardedHeader;
}

/**
 * The same for one request, outside a Nest app.
 *
 * @example
 * clientAddress(request, { proxies: ['loopback'] }) // '203.0.113.9', '2001:db8:1:2::/64'
 * @throws TypeError when `proxies` names no addresses.
 */
export function clientAddress(request: IncomingMessage, options: ClientAddressOptions = {}): string {
  const { proxies, forwardedHeader = 'x-forwarded-for' } = options;
  return new ForwardedClientAddress({ proxies: new Proxies(proxies), forwardedHeader }).of(request);
}
