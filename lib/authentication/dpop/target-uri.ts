/** Is a proof for this very resource? `htu` and the URL of the request in one form, without query and fragment (RFC 9449 §4.3). */

import { optionError } from '../../core/checks.js';

/** An origin that clients see, and the path that a proxy takes away. */
export interface DeclaredOrigin {
  /** Lower case, without a default port: `https://api.example.com`. */
  readonly origin: string;
  /** Empty, or `/shop`. */
  readonly prefix: string;
}

/** @throws TypeError for what is not an origin with, perhaps, a path. */
export function declaredOrigin(option: string, text: string): DeclaredOrigin {
  const uri = normalUri(text);
  if (uri !== undefined && !/[?#]/.test(text) && !(text.endsWith('/') && uri.path !== '/')) {
    return Object.freeze({ origin: uri.origin, prefix: uri.path === '/' ? '' : uri.path });
  }
  const fix = "Use e.g. 'https://api.example.com', or with the path that a proxy takes away.";
  throw optionError(option, text, 'is no origin', fix);
}

/** The characters of RFC 3986 §3.2 and §3.3, no user info among them, and nothing that two readers could take differently. */
const URI = /^(https?:\/\/[a-z0-9\-._~%:[\]]+)((?:\/[a-z0-9\-._~!$&'()*+,;=:@%/[\]^|]*)?)$/i;
const PATH = /^\/[a-z0-9\-._~!$&'()*+,;=:@%/]*$/i;

const MALFORMED_ESCAPE = /%(?![0-9a-f]{2})/i;

/** What clients write as it is though RFC 3986 does not have it in a path: the URL Standard leaves these alone. One meaning, one form. */
const UNESCAPED = /[[\]^|]/g;

/** What a URI names, normalised (RFC 3986 §6.2.2 and §6.2.3). Undefined: it is no http(s) URI, or an unclear one. */
export function normalUri(text: string): { readonly origin: string; readonly path: string } | undefined {
  const match = URI.exec(text.replace(/[?#].*$/s, ''));
  if (match === null) return undefined;
  const [, authority = '', rawPath = ''] = match;
  const path = rawPath === '' ? '/' : decodedPath(rawPath);
  if (path === undefined || !URL.canParse(authority)) return undefined;
  const { origin } = new URL(authority);
  // Takes the dot segments away; of the characters that are left it encodes none.
  return { origin, path: new URL(authority + path).pathname };
}

/**
 * The path of a request in the same form. Undefined where it holds dot segments, in whatever spelling: routers take those as
 * they are, so that a proof for where they lead to would be one for another route.
 */
export function normalPath(path: string): string | undefined {
  const decoded = decodedPath(path);
  return decoded === undefined || /\/\.\.?(?:\/|$)/.test(decoded) ? undefined : decoded;
}

/** The path of a request target as it came over the wire: of an absolute one (RFC 9112 §3.2.2) what follows the host. */
export function pathOfTarget(target: string): string {
  const path = target.replace(/[?#].*$/s, '').replace(/^https?:\/\/[^/]*/i, '');
  return path === '' ? '/' : path;
}

/** RFC 3986 §6.2.2.1 and §6.2.2.2: escapes in upper case, and none for characters that need no escape. */
function decodedPath(raw: string): string | undefined {
  const path = raw.replace(UNESCAPED, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  if (!PATH.test(path) || MALFORMED_ESCAPE.test(path)) return undefined;
  if (!path.includes('%')) return path;
  return path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[a-z0-9\-._~]/i.test(character) ? character : escape.toUpperCase();
  });
}
