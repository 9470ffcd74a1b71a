/** Which web pages may read our answers? CORS by an exact list, and nothing for anybody else. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { optionError } from '../core/checks.js';
import { SecurityError } from '../core/errors.js';

export interface OriginPolicy {
  /** `*`: any page, without credentials. Development only. */
  readonly any: boolean;
  /** As browsers serialise them. */
  readonly listed: ReadonlySet<string>;
  readonly credentials: boolean;
  /** Values of the preflight's headers, joined once. */
  readonly methods: string;
  readonly allowedHeaders: string;
  readonly exposedHeaders: string;
}

/** How long a browser may remember a preflight, in seconds: Chrome keeps none longer than two hours. */
const PREFLIGHT_SECONDS = '600';

/**
 * One entry of the allowlist, serialised as the Fetch standard does: lower case, default port dropped.
 *
 * @throws TypeError for a path, a wildcard, credentials, `null` or anything else that no browser ever sends.
 */
export function serializeOrigin(option: string, origin: unknown): string {
  const isOrigin = typeof origin === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#\\@*%]+$/i.test(origin);
  if (!isOrigin || !URL.canParse(origin)) {
    const fix = 'Use scheme, host and perhaps port, without a path or "/" at the end: "https://app.example.com".';
    throw optionError(option, origin, 'is not an origin', fix);
  }
  const { protocol, host } = new URL(origin);
  return `${protocol}//${host}`;
}

/** The list, checked. `*` and `null` are anybody: refused in production, and never together with credentials. */
export function completeOrigins(
  option: string,
  origins: readonly string[],
  { production, credentials }: { readonly production: boolean; readonly credentials: boolean },
): { any: boolean; listed: ReadonlySet<string> } {
  if (!Array.isArray(origins)) {
    throw optionError(option, origins, 'is not a list', "Use e.g. ['https://app.example.com'].");
  }
  let any = false;
  const listed = new Set<string>();
  for (const [index, origin] of (origins as readonly unknown[]).entries()) {
    const place = `${option}[${index}]`;
    if (origin !== '*' && origin !== 'null') {
      listed.add(serializeOrigin(place, origin));
      continue;
    }
    if (production || credentials) {
      const why = production ? 'lets every page read the answers' : 'cannot go with credentials';
      throw optionError(place, origin, why, "List the origins of your own pages, e.g. 'https://app.example.com'.");
    }
    if (origin === '*') any = true;
    else listed.add(origin);
  }
  return { any, listed };
}

/** May a page of this origin read our answers? The header is compared as it is, but for the case of letters. */
export function isAllowedOrigin(origin: string, { any, listed }: OriginPolicy): boolean {
  return any || listed.has(origin) || listed.has(origin.toLowerCase());
}

/** RFC 9110 has no preflight; the Fetch standard does: OPTIONS that asks on behalf of a page. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** Writes the CORS headers of an answer: for a listed origin all of them, for any other not one. */
export function writeCorsHeaders(request: IncomingMessage, response: ServerResponse, policy: OriginPolicy): void {
  if (!policy.any && policy.listed.size === 0) return;
  // Also where no origin was sent: a cache must not hand that answer to a page.
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !isAllowedOrigin(origin, policy)) return;
  response.setHeader('Access-Control-Allow-Origin', policy.any ? '*' : origin);
  if (policy.credentials) response.setHeader('Access-Control-Allow-Credentials', 'true');
  if (policy.exposedHeaders !== '') response.setHeader('Access-Control-Expose-Headers', policy.exposedHeaders);
}

/** Answers a preflight of a listed origin; any other is refused, so that the log tells who tried. */
export function preflightRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  policy: OriginPolicy,
): SecurityError | undefined {
  if (!isAllowedOrigin(request.headers.origin!, policy)) {
    return new SecurityError('cross_origin', { reason: 'preflight_of_unlisted_origin' });
  }
  response.removeHeader('Access-Control-Expose-Headers');
  response.setHeader('Access-Control-Allow-Methods', policy.methods);
  response.setHeader('Access-Control-Allow-Headers', policy.allowedHeaders);
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
  response.setHeader('Content-Length', '0');
  response.statusCode = 204;
  response.end();
  return undefined;
}
