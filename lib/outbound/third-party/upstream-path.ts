/** Where does a call of an upstream go? Below its base address and nowhere else, whatever the parameters hold. */

import { SecurityError } from '../../core/errors.js';

/** What fills a `:name` of the path. Encoded; never able to climb, nor to name another host. */
export type PathParams = Readonly<Record<string, string | number | bigint>>;

/** Lists are repeated, `undefined` is left out. */
export type QueryParams = Readonly<
  Record<string, string | number | bigint | boolean | readonly (string | number | bigint | boolean)[] | undefined>
>;

/** Longer ones are no ids. */
const MAX_PARAM_LENGTH = 1024;

/** `/v1/partners/:id`: segments of plain characters, no query, no escape, nothing that a URL would read in its own way. */
const TEMPLATE = /^(?:\/[\w\-.~:!$'()*+,=]*)+$/;
/** At the start of a segment only: `/v1/things/:id:archive` has one. */
const PLACE = /(?<=\/):([A-Za-z_]\w*)/g;

/**
 * The address of one call.
 *
 * @param base The upstream's own address; its path ends in no slash.
 * @throws SecurityError `invalid_input` for a path or a parameter that could lead elsewhere: they may come from a client.
 * @throws TypeError for a path with a query, a `:name` that got no parameter, or a parameter that the path has no place for.
 */
export function upstreamUrl(base: URL, template: string, params: PathParams = {}, query: QueryParams = {}): URL {
  if (template.includes('?')) {
    throw new TypeError('ThirdPartyClient: the path holds a query. Give it as `query`: { query: { limit: 5 } }.');
  }
  if (!TEMPLATE.test(template) || template.includes('//') || template.split('/').some(isDots)) {
    throw refused('path');
  }
  const wanted = new Set<string>();
  const path = template.replace(PLACE, (_place, name: string) => {
    wanted.add(name);
    if (!Object.hasOwn(params, name)) throw new TypeError(`ThirdPartyClient: the path ${template} needs "${name}".`);
    return encodedParam(name, params[name]);
  });
  const extra = Object.keys(params).find((name) => !wanted.has(name));
  if (extra !== undefined) throw new TypeError(`ThirdPartyClient: the path ${template} has no place for "${extra}".`);

  const url = new URL(base.href);
  const expected = `${url.pathname.replace(/\/$/, '')}${path}`;
  url.pathname = expected;
  // Whatever the URL standard would have made of it: if it made something, it is not what was meant.
  if (url.pathname !== expected || url.origin !== base.origin) throw refused('path');
  url.search = searchOf(query);
  return url;
}

function encodedParam(name: string, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof text !== 'string' || text === '' || text.length > MAX_PARAM_LENGTH) throw refused(name);
  // Some servers decode more than once, or decode before they resolve dots: what climbs in any reading is refused here.
  let reading = text;
  for (let times = 0; times < 10; times++) {
    if (climbs(reading)) throw refused(name);
    const next = decoded(reading);
    if (next === reading) break;
    reading = next;
  }
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a surrogate pair is no character.
    throw refused(name);
  }
}

/** `..`, and `..;x`, which some servers read the same; control characters, which some end the path at. */
function climbs(text: string): boolean {
  return /\p{Cc}/u.test(text) || text.split(/[/\\]/).some((segment) => isDots(segment.split(';', 1)[0]!));
}

function isDots(segment: string): boolean {
  return segment === '.' || segment === '..';
}

function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function searchOf(query: QueryParams): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (each !== undefined) search.append(name, textOf(name, each));
    }
  }
  return search.toString();
}

function textOf(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      // What a query parser made of `?q[a]=1`.
      throw refused(name);
  }
}

function refused(place: string): SecurityError {
  return new SecurityError('invalid_input', { reason: `upstream_path: ${place}` });
}
