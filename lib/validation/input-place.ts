/** Where in the input is the mistake? Writes the JSON pointer that a problem answers with. */

/** Which part of the request a value came from. */
export type InputSource = 'body' | 'query' | 'param';

export type InputKey = string | number;

const MAX_SEGMENT = 64;
const MAX_POINTER = 256;

/**
 * A JSON pointer in its fragment form (RFC 6901 §6), as RFC 9457 §3.1 shows it: `#/items/0/price` in a body,
 * `#/query/page` in the query, `#/param/id` in the path. Long keys are cut: they are the client's, not ours.
 */
export function pointerTo(source: InputSource, path: readonly InputKey[]): string {
  let pointer = source === 'body' ? '#' : `#/${source}`;
  for (const key of path) {
    if (pointer.length > MAX_POINTER) return `${pointer}/…`;
    pointer += `/${segment(String(key))}`;
  }
  return pointer;
}

function segment(key: string): string {
  const short = key.length > MAX_SEGMENT ? `${key.slice(0, MAX_SEGMENT)}…` : key;
  // A lone surrogate is legal in JSON and not in a URI: encodeURIComponent would throw on it.
  const wellFormed = short.replace(/\p{Surrogate}/gu, '\uFFFD');
  return encodeURIComponent(wellFormed.replaceAll('~', '~0').replaceAll('/', '~1'));
}
