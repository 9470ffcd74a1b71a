/** Is a request meant for us? Judges the Host header and the authority of an absolute target. */

import { isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { optionError } from '../core/checks.js';
import { SecurityError } from '../core/errors.js';
import { hostOf } from '../core/transport.js';

export interface Host {
  /** Lower case; IPv6 in brackets. */
  readonly name: string;
  readonly port: string | undefined;
}

const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,253}))(?::(\d{1,5}))?$/;

/** Accepted spellings kept for the fast path: names are few, but a client may append any port. */
const REMEMBERED = 256;

/** RFC 9110 §7.2: a name or address and perhaps a port. Undefined for anything else: user info, paths, spaces. */
export function parseHost(text: string): Host | undefined {
  const match = HOST.exec(text.toLowerCase());
  if (match === null) return undefined;
  const name = match[1]!;
  if (name.startsWith('[') && !isIPv6(name.slice(1, -1))) return undefined;
  return { name, port: match[2] };
}

/** The hosts that an app answers for, in the form that `HostGate` compares. */
export function completeHosts(option: string, hosts: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (hosts === undefined) return undefined;
  if (!Array.isArray(hosts) || hosts.length === 0) {
    throw optionError(option, hosts, 'names no host', "Use e.g. ['api.example.com'], or leave it out.");
  }
  return new Set(
    (hosts as readonly unknown[]).map((entry, index) => {
      const host = typeof entry === 'string' ? parseHost(entry) : undefined;
      if (host === undefined) {
        const fix =
          "Use a name and perhaps a port, e.g. 'api.example.com' or 'localhost:3000'; no scheme, path or `*`.";
        throw optionError(`${option}[${index}]`, entry, 'is not a host', fix);
      }
      return host.port === undefined ? host.name : `${host.name}:${host.port}`;
    }),
  );
}

export class HostGate {
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #accepted = new Set<string>();

  /** @param allowed Undefined lets every well-formed host in. */
  constructor(allowed: ReadonlySet<string> | undefined) {
    this.#allowed = allowed;
  }

  /** Why this request may not go on: 400 for a host that is none, 421 for one that is not served here. */
  refusalOf(request: IncomingMessage): SecurityError | undefined {
    const text = hostOf(request);
    // RFC 9112 §3.2: none, or more than one, is a bad request. Node keeps the first and drops the others silently.
    if (text === undefined) return malformed('host_missing');
    if (isRepeated(request.rawHeaders)) return malformed('host_repeated');
    const target = authorityOf(request.url);
    if (target !== undefined && target.toLowerCase() !== text.toLowerCase())
      return malformed('host_contradicts_target');
    if (this.#accepted.has(text)) return undefined;

    const host = parseHost(text);
    if (host === undefined) return malformed('host_malformed');
    if (!this.#allows(host)) return new SecurityError('misdirected', { reason: 'host_not_listed' });
    if (this.#accepted.size >= REMEMBERED) this.#accepted.clear();
    this.#accepted.add(text);
    return undefined;
  }

  #allows({ name, port }: Host): boolean {
    const allowed = this.#allowed;
    return allowed === undefined || allowed.has(name) || (port !== undefined && allowed.has(`${name}:${port}`));
  }
}

function isRepeated(rawHeaders: readonly string[]): boolean {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host' && ++seen > 1) return true;
  }
  return false;
}

/** RFC 9112 §3.2.2: an absolute target names the host itself, and wins over the header in many routers. */
function authorityOf(url: string | undefined): string | undefined {
  if (url === undefined || url.startsWith('/')) return undefined;
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url);
  return match?.[1];
}

function malformed(reason: string): SecurityError {
  return new SecurityError('invalid_request', { reason });
}
