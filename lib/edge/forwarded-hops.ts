/** What do proxies say about the way a request took? Reads X-Forwarded-For and Forwarded without believing them. */

/** The header that the declared proxies write. Any other is ignored: a proxy that does not set it passes on a client's. */
export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

export const FORWARDED_HEADERS: readonly ForwardedHeader[] = ['x-forwarded-for', 'forwarded'];

/** One hop as a proxy wrote it down. */
export interface Hop {
  /** The address, without port and brackets. Empty where it is hidden, unknown or garbage. */
  readonly node: string;
  /** The scheme of that hop, lower case, where the header tells it. */
  readonly scheme?: string;
}

/** The hops of a header value, the nearest first: each proxy appends the peer that it saw. */
export function hopsOf(value: string, header: ForwardedHeader): readonly Hop[] {
  if (header === 'x-forwarded-for') {
    return value
      .split(',')
      .reverse()
      .map((entry) => ({ node: nodeOf(entry.trim()) }));
  }
  return elementsOf(value).reverse();
}

/** RFC 7239 §4: elements by commas, pairs by semicolons, either of which may also stand inside a quoted string. */
function elementsOf(value: string): Hop[] {
  return splitUnquoted(value, ',').map((element) => {
    let node = '';
    let scheme: string | undefined;
    for (const pair of splitUnquoted(element, ';')) {
      const equals = pair.indexOf('=');
      if (equals === -1) continue;
      const name = pair.slice(0, equals).trim().toLowerCase();
      const text = unquoted(pair.slice(equals + 1).trim());
      if (name === 'for') node = nodeOf(text);
      if (name === 'proto') scheme = text.toLowerCase();
    }
    return scheme === undefined ? { node } : { node, scheme };
  });
}

function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted && character === '\\') index++;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replace(/\\(.)/g, '$1')
    : text;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]`, `[2001:db8::1]:4711`, `2001:db8::1` → the address alone. */
function nodeOf(text: string): string {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end !== -1 && isPortOrNothing(text.slice(end + 1)) ? text.slice(1, end) : '';
  }
  const colon = text.indexOf(':');
  const isAddressAndPort = colon !== -1 && !text.includes(':', colon + 1);
  if (!isAddressAndPort) return text;
  return isPortOrNothing(text.slice(colon)) ? text.slice(0, colon) : '';
}

function isPortOrNothing(text: string): boolean {
  return text === '' || /^:\d{1,5}$/.test(text);
}
