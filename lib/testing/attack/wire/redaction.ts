/** What may a report show of an answer? Everything but secrets: by their names, by their looks, and whatever proved a caller. */

import { isHiddenName, LOOKS } from '../answers/secret-signs.js';

export const REDACTED = '[redacted]';

/** What is shorter than this stands in texts by chance. */
const LEAST = 8;
/** What is deeper was sent to be deep. */
const DEEPEST = 64;

/** @param credentials What was sent to prove who calls. */
export function withoutSecrets(text: string, credentials: Iterable<string> = []): string {
  const known = [...credentials].filter((each) => each.length >= LEAST).toSorted((a, b) => b.length - a.length);
  const parsed = bagIn(text);
  return parsed === undefined ? inText(text, known) : JSON.stringify(inValue(parsed, known, false, 0));
}

function inValue(value: unknown, known: readonly string[], isHidden: boolean, depth: number): unknown {
  if (typeof value === 'string') return isHidden && value !== '' ? REDACTED : inText(value, known);
  if (typeof value === 'number' || typeof value === 'bigint') return isHidden ? REDACTED : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return '…';
  if (Array.isArray(value)) return value.map((each: unknown) => inValue(each, known, isHidden, depth + 1));
  const isKey = 'kty' in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]: [string, unknown]) => [
      inText(name, known),
      inValue(each, known, isHidden || isHiddenName(name) || (isKey && PRIVATE_PARTS.has(name)), depth + 1),
    ]),
  );
}

/** RFC 7518 §6: what makes a JWK private. */
const PRIVATE_PARTS: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']);

const PATTERNS = LOOKS.filter(({ name }) => name !== 'a URL with a password').map(
  ({ name, pattern }) => [new RegExp(pattern, 'g'), `[${name.replace(/^an? /, '')}]`] as const,
);
/** In JSON that is cut off or quoted within a text: an escaped quote does not end a string. */
const PAIR =
  /(\\?"|')([\w-]{1,64})\1(\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|$)|\\"(?:[^"\\]|\\[^"])*(?:\\"|$)|'(?:[^'\\]|\\.)*(?:'|$)|-?\d[\d.]*|\[[^\]]*(?:\]|$))/g;
/** In forms, queries and cookies. */
const FIELD = /(^|[\s?&;,])([\w-]{1,64})=([\w%+/.~-][^\s&;,"'<>]*)/g;

function inText(text: string, known: readonly string[]): string {
  let shown = text;
  for (const each of known) {
    shown = shown.replaceAll(each, '[credential]');
    const escaped = encodeURIComponent(each);
    if (escaped !== each) shown = shown.replaceAll(escaped, '[credential]');
  }
  for (const [pattern, label] of PATTERNS) shown = shown.replace(pattern, label);
  return shown
    .replace(/eyJ[\w-]+\.[\w-]*\.[\w-]*/g, '[token]')
    .replace(/bw[kr]_[\w-]+/g, '[secret]')
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s/?#@:"'<>]*:)[^\s/?#@"'<>]+@/gi, `$1${REDACTED}@`)
    .replace(PAIR, (whole, quote: string, name: string, colon: string) =>
      isHiddenName(name) ? `${quote}${name}${quote}${colon}${quote}${REDACTED}${quote}` : whole,
    )
    .replace(FIELD, (whole, before: string, name: string) =>
      isHiddenName(name) ? `${before}${name}=${REDACTED}` : whole,
    );
}

/** An object or a list. Other JSON is a text like any other. */
function bagIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
