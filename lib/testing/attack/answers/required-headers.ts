/** Which headers must an answer carry? Those that the app's own settings promise, whoever was to write them. */

import { Edge } from '../../../edge/edge.js';
import type { SecurityHeadersOptions } from '@nestjs/common';
import type { Answer } from '../wire/wire.js';
import type { Site } from '../site.js';

interface Required {
  readonly name: string;
  /** What switches it off, in `edge.headers`: then it is not asked for. */
  readonly option: keyof SecurityHeadersOptions;
  /** Any of these names does. */
  readonly headers: readonly string[];
  /** Does the value protect at all? */
  readonly holds?: (value: string) => boolean;
}

const REQUIRED: readonly Required[] = [
  {
    name: 'X-Content-Type-Options: nosniff',
    option: 'xContentTypeOptions',
    headers: ['x-content-type-options'],
    holds: (value) => value.trim().toLowerCase() === 'nosniff',
  },
  {
    name: 'Content-Security-Policy',
    option: 'contentSecurityPolicy',
    headers: ['content-security-policy', 'content-security-policy-report-only'],
  },
  {
    name: 'Strict-Transport-Security',
    option: 'strictTransportSecurity',
    headers: ['strict-transport-security'],
    // RFC 6797 §6.1.1: zero forgets the host.
    holds: (value) => Number(/max-age\s*=\s*"?(\d+)/i.exec(value)?.[1] ?? 0) > 0,
  },
  {
    name: 'X-Frame-Options',
    option: 'xFrameOptions',
    headers: ['x-frame-options'],
    holds: (value) => /^\s*(?:deny|sameorigin)\s*$/i.test(value),
  },
  {
    name: 'Referrer-Policy',
    option: 'referrerPolicy',
    headers: ['referrer-policy'],
    holds: (value) => !/unsafe-url/i.test(value),
  },
];

/** By name, those that are not there or do not hold. */
export function missingHeaders({ headers }: Pick<Answer, 'headers'>, { app }: Pick<Site, 'app'>): readonly string[] {
  const { security, own } = app.get(Edge, { strict: false }).settings.headers;
  const missing = REQUIRED.filter(({ option, headers: names, holds = () => true }) => {
    if (security[option] === false) return false;
    return !names.some((name) => headers[name] !== undefined && holds(String(headers[name])));
  }).map(({ name }) => name);
  // `Cache-Control` is each answer's own affair.
  const others = own.map(([name]) => name).filter((name) => name !== 'Cache-Control');
  return [...missing, ...others.filter((name) => headers[name.toLowerCase()] === undefined)];
}

/** HTTP itself refuses what is no request at all, before any app sees it. */
export function isOfTheApp({ status, headers }: Pick<Answer, 'status' | 'headers'>): boolean {
  return headers.date !== undefined || ![400, 408, 413, 414, 417, 431].includes(status);
}
