/** Since when is a route deprecated, when does it end, and what comes after it? Options, checked once. */

import { checkBoolean, checkKeys, optionError } from '../../core/checks.js';

export interface DeprecatedOptions {
  /** Since when, or from when on: `'2026-01-31'` (midnight UTC), a date with time and offset, or a Date. May lie ahead. */
  readonly since: string | Date;
  /** When it ends. From then on calls are answered 410. Default: nobody has decided. Never before `since`. */
  readonly sunset?: string | Date;
  /**
   * What to call instead: a path of this API or a URL, sent as `rel="successor-version"`. `:id` stands for the parameter
   * of that name in the path of this route.
   */
  readonly successor?: string;
  /** Where it is explained: a path or URL, sent as `rel="deprecation"`, and as `rel="sunset"` where there is a sunset. */
  readonly link?: string;
  /** Keep answering after the sunset, and only tell who calls. Default false. */
  readonly grace?: boolean;
}

export interface Lifecycle {
  readonly sinceMs: number;
  readonly sunsetMs: number | undefined;
  readonly successor: string | undefined;
  readonly link: string | undefined;
  readonly grace: boolean;
}

const WHERE = '@Deprecated()';
const KEYS = ['since', 'sunset', 'successor', 'link', 'grace'] as const satisfies readonly (keyof DeprecatedOptions)[];

/** @throws TypeError naming option, value and fix. */
export function lifecycleOf(options: DeprecatedOptions): Lifecycle {
  checkKeys(WHERE, options ?? {}, KEYS);
  const { since, sunset, successor, link, grace = false } = options ?? {};
  const sinceMs = checkDate(`${WHERE}.since`, since);
  const sunsetMs = sunset === undefined ? undefined : checkDate(`${WHERE}.sunset`, sunset);
  // RFC 9745 §4: the sunset must not be earlier than the deprecation.
  if (sunsetMs !== undefined && sunsetMs < sinceMs) {
    throw optionError(
      `${WHERE}.sunset`,
      isoOf(sunsetMs),
      `is before \`since\` (${isoOf(sinceMs)})`,
      'Swap them, or let clients have some time.',
    );
  }
  if (checkBoolean(`${WHERE}.grace`, grace) && sunsetMs === undefined) {
    throw optionError(`${WHERE}.grace`, grace, 'has no sunset to reach beyond', "Add `sunset: '2027-01-31'`.");
  }
  return Object.freeze({
    sinceMs,
    sunsetMs,
    successor: successor === undefined ? undefined : checkTarget(`${WHERE}.successor`, successor),
    link: link === undefined ? undefined : checkTarget(`${WHERE}.link`, link),
    grace,
  });
}

/** Has the sunset passed? On the second it names, it has. */
export function isGone({ sunsetMs }: Lifecycle, nowMs: number): boolean {
  return sunsetMs !== undefined && nowMs >= sunsetMs;
}

/** `2026-01-31`, or with the time where that is not midnight. */
export function isoOf(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.replace('.000Z', 'Z');
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Whole seconds: both headers know nothing finer. */
function checkDate(option: string, value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? parse(value) : NaN;
  if (Number.isFinite(ms) && ms >= 0) return Math.floor(ms / 1000) * 1000;
  const shown = value instanceof Date ? 'Invalid Date' : value;
  throw optionError(option, shown, 'is not a date', "Use e.g. '2026-01-31' or '2026-01-31T12:00:00Z'.");
}

/** The 30th of February is a slip, whatever `Date` makes of it. */
function parse(text: string): number {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (day === undefined) return NaN;
  const noon = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), 12));
  return noon.toISOString().startsWith(`${year}-${month}-${day}`) ? Date.parse(text) : NaN;
}

/** What can stand between `<` and `>` in a header: no control character, space, quote or bracket. */
const TARGET = /^(?:https?:\/\/[^/]|\/(?!\/))[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]*$/;

function checkTarget(option: string, value: unknown): string {
  if (typeof value === 'string' && (value === '/' || TARGET.test(value)) && URL.canParse(value, 'https://a.example')) {
    return value;
  }
  throw optionError(option, value, 'is no path or URL', "Use e.g. '/v2/users' or 'https://docs.example.com/v2'.");
}
