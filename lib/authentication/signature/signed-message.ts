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

export type Scheme = 'http' | 'https';

export interface SignedMessage {
  /** Upper case, as on the wire. */
  readonly method: string;
  readonly scheme: Scheme;
  /** Whom it is for, as written: a name, and perhaps a port. Empty: nobody said, or more than one. */
  readonly host: string;
  /** As on the wire, not decoded; `/` where it is empty. */
  readonly path: string;
  /** With its `?`, as on the wire; empty where there is none. */
  readonly query: string;
  /** The request target (RFC 9421 §2.2.5): `/hooks?a=1`, `*`, or an absolute URL where the wire has one. */
  readonly target: string;
  /** By lower-case name, each line for itself. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: Uint8Array;
}

/** What only the receiver of a request knows of it. */
export interface OnTheWire {
  /** What carried it. Default `https`. An absolute URL says so itself. */
  readonly scheme?: Scheme;
  /** Whom it is for, where no `Host` says so: `:authority` of HTTP/2. */
  readonly host?: string | undefined;
  /** The target as it came. Default: path and query of the URL, as a client sends it that talks to the origin. */
  readonly target?: string;
}

const ABSOLUTE = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i;
/** What no target on the wire can hold: it would put lines into what is signed. */
const UNPRINTABLE = /[^\x21-\x7e]/;

/** @throws TypeError when this is no request. */
export function readMessage(request: SignableRequest, wire: OnTheWire = {}): SignedMessage {
  const { method, body } = request;
  if (typeof method !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) {
    throw new TypeError('request.method: is no method. Use e.g. "POST".');
  }
  const url = String(request.url);
  if (UNPRINTABLE.test(url)) {
    throw new TypeError('request.url: holds spaces, control or non-ASCII characters. Encode them.');
  }
  const fields = readFields(request.headers ?? {});
  const place = locate(url, fields, wire);
  const target = wire.target ?? place.path + place.query;
  return { method: method.toUpperCase(), ...place, target, fields, body: bytesOf(body) };
}

/** Not by the URL parser: it would put `/a/../b` right, and what was signed is what was sent. */
function locate(
  url: string,
  fields: SignedMessage['fields'],
  wire: OnTheWire,
): Pick<SignedMessage, 'scheme' | 'host' | 'path' | 'query'> {
  const absolute = ABSOLUTE.exec(url);
  if (absolute !== null) {
    const [, scheme, host = '', path, query = ''] = absolute;
    return { scheme: scheme!.toLowerCase() as Scheme, host, path: path || '/', query };
  }
  const hosts = fields.get('host') ?? [];
  const end = url.indexOf('?');
  return {
    scheme: wire.scheme ?? 'https',
    // With two of them, whoever stood before us may have read the other one.
    host: hosts.length > 1 ? '' : (wire.host ?? hosts[0] ?? ''),
    path: end === -1 ? url : url.slice(0, end),
    query: end === -1 ? '' : url.slice(end),
  };
}

/** Lower case, without the scheme's own port (RFC 9421 §2.2.3). Empty where nobody said. */
export function authorityOf({ host }: SignedMessage, scheme: Scheme): string {
  const port = scheme === 'https' ? ':443' : ':80';
  const lower = host.toLowerCase();
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

function readFields(headers: HeaderInput): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const [name, value] of pairsOf(headers)) {
    // HTTP/2 has its own (`:path`) among them. They are no fields.
    if (name.startsWith(':')) continue;
    const key = name.toLowerCase();
    const lines = fields.get(key);
    if (lines === undefined) fields.set(key, [withoutOws(value)]);
    else lines.push(withoutOws(value));
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

/** RFC 9421 §2.1: spaces and tabs around a value are not part of it. Nothing else is: `trim()` would take more. */
export function withoutOws(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isOws(value[start])) start++;
  while (end > start && isOws(value[end - 1])) end--;
  return value.slice(start, end);
}

function isOws(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
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
