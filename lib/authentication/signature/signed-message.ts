/** What is there to sign? A request as the caller has it, in the one form that the profiles read. */

/** Headers as a record, as pairs, or as `Headers`. */
export type HeaderInput =
  Readonly<Record<string, string | readonly string[] | undefined>> | Iterable<readonly [name: string, value: string]>;

/** A request to be signed, or to be judged. */
export interface SignableRequest {
  readonly method: string;
  /** Absolute, as it goes over the wire. To judge one, its target (`/hooks?a=1`) will do: the rest comes from `Host`. */
  readonly url: string | URL;
  readonly headers?: HeaderInput;
  /** The body as it goes over the wire: text (as UTF-8) or bytes, never what was parsed from it. Default: none. */
  readonly body?: string | Uint8Array | null | undefined;
}

export interface SignedMessage {
  /** Upper case, as on the wire. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, without the scheme's own port (RFC 9421 §2.2.3). */
  readonly authority: string;
  /** As on the wire, not decoded; `/` where it is empty. */
  readonly path: string;
  /** With its `?`, as on the wire; empty where there is none. */
  readonly query: string;
  /** The target as written: `/hooks?a=1`, `*`, or an absolute URL. */
  readonly target: string;
  /** By lower-case name, each line for itself. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: Uint8Array;
  /** Of a response, where it is one. */
  readonly status?: number;
}

const ABSOLUTE = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i;
/** What no target on the wire can hold: it would put lines into what is signed. */
const UNPRINTABLE = /[^\x21-\x7e]/;

/** @throws TypeError when this is no request. */
export function readMessage(request: SignableRequest, scheme: 'http' | 'https' = 'https'): SignedMessage {
  const { method, body } = request;
  if (typeof method !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) {
    throw new TypeError('request.method: is no method. Use e.g. "POST".');
  }
  const target = String(request.url);
  if (UNPRINTABLE.test(target))
    throw new TypeError('request.url: holds spaces, control or non-ASCII characters. Encode them.');
  const fields = readFields(request.headers ?? {});
  return { method: method.toUpperCase(), ...locate(target, fields, scheme), target, fields, body: bytesOf(body) };
}

/** Not by the URL parser: it would put `/a/../b` right, and what was signed is what was sent. */
function locate(
  target: string,
  fields: SignedMessage['fields'],
  fallback: 'http' | 'https',
): Pick<SignedMessage, 'scheme' | 'authority' | 'path' | 'query'> {
  const absolute = ABSOLUTE.exec(target);
  if (absolute !== null) {
    const [, written, host = '', path, query = ''] = absolute;
    const scheme = written!.toLowerCase() as 'http' | 'https';
    return { scheme, authority: authorityOf(host, scheme), path: path || '/', query };
  }
  const hosts = fields.get('host') ?? [];
  const end = target.indexOf('?');
  return {
    scheme: fallback,
    authority: hosts.length === 1 ? authorityOf(hosts[0]!, fallback) : '',
    path: end === -1 ? target : target.slice(0, end),
    query: end === -1 ? '' : target.slice(end),
  };
}

export function authorityOf(host: string, scheme: 'http' | 'https'): string {
  const port = scheme === 'https' ? ':443' : ':80';
  const lower = host.trim().toLowerCase();
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

function readFields(headers: HeaderInput): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const [name, value] of pairsOf(headers)) {
    const key = name.toLowerCase();
    const lines = fields.get(key);
    if (lines === undefined) fields.set(key, [value.trim()]);
    else lines.push(value.trim());
  }
  return fields;
}

/** Each line of a header for itself. */
export function* pairsOf(headers: HeaderInput): Iterable<readonly [string, string]> {
  if (isIterable(headers)) {
    yield* headers;
    return;
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    for (const line of typeof value === 'string' ? [value] : value) yield [name, String(line)];
  }
}

function isIterable(headers: HeaderInput): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers;
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (body instanceof Uint8Array) return body;
  throw new TypeError(
    'request.body: is neither text nor bytes. Give exactly what is sent, e.g. JSON.stringify(value).',
  );
}
