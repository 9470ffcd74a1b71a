/** What does the edge of the app let in? */

import type { CsrfProtectionOptions } from '@nestjs/common';
import { checkBoolean, checkKeys, checkOneOf, checkTextList, optionError } from '../core/checks.js';
import type { Environment } from '../core/environment.js';
import { bytesOf, type ByteSize } from './byte-size.js';
import type { ForwardingSettings } from './client-address.js';
import { FORWARDED_HEADERS, type ForwardedHeader } from './forwarded-hops.js';
import { completeHeaders, type EdgeHeaders, type EdgeHeadersOptions } from './headers.js';
import { completeHosts } from './hosts.js';
import { completeMethods, type BodyLimits } from './limits.js';
import { completeOrigins, type OriginPolicy } from './origins.js';
import { Proxies } from './proxies.js';
import { HTTPS_MODES, type HttpsMode } from './secure-transport.js';

export interface EdgeOptions {
  /** Hosts that the app answers for: `api.example.com` on any port, `localhost:3000` on that one. Default: any host. */
  hosts?: readonly string[];
  /** Origins of the pages that may read answers, exactly: `https://app.example.com`. Default none. */
  origins?: readonly string[];
  /** Whether those pages may send cookies and client certificates along. Default false. */
  credentials?: boolean;
  /** Request headers that those pages may set. Default `Authorization`, `Content-Type`, `X-API-Key`, `Idempotency-Key`, `DPoP`. */
  allowedHeaders?: readonly string[];
  /**
   * Response headers that those pages may read. Default `RateLimit`, `RateLimit-Policy`, `Retry-After`, `Location`,
   * `Deprecation`, `Sunset`, `Link`, `WWW-Authenticate`, `DPoP-Nonce`.
   */
  exposedHeaders?: readonly string[];
  /** Methods that reach routing; OPTIONS is answered as a preflight only unless listed. Default GET HEAD POST PUT PATCH DELETE. */
  methods?: readonly string[];
  /** The largest body, in bytes or as text. Default `'100 KiB'`. */
  bodyLimit?: ByteSize;
  /** The largest multipart body, in bytes or as text. Default `'10 MiB'`. */
  uploadLimit?: ByteSize;
  /** Media types of bodies; others are 415. Default `application/json`, `application/x-www-form-urlencoded`, `multipart/form-data`. */
  contentTypes?: readonly string[];
  /** Our own proxies: CIDR ranges, addresses, `loopback`, `linklocal`, `private`, `unix`. Default none. */
  proxies?: readonly string[];
  /** The header in which those proxies name the client. Default `x-forwarded-for`. */
  forwardedHeader?: ForwardedHeader;
  /** What becomes of plain HTTP: `require` (403), `redirect`, `off`. Default `require` in production, else `off`. */
  https?: HttpsMode;
  /** Security headers, as for Nest's `useSecurityHeaders()`, each replacing ours. Default: those of an API. */
  headers?: EdgeHeadersOptions;
  /** Nest's protection against requests that other sites make: on, off, or on but for some routes. Default true. */
  csrf?: boolean | Pick<CsrfProtectionOptions, 'exclude'>;
}

export interface EdgeSettings extends ForwardingSettings, BodyLimits {
  /** As the app gave them: `secureApp()` completes them with its own. */
  readonly given: EdgeOptions;
  readonly hosts: ReadonlySet<string> | undefined;
  readonly origins: OriginPolicy;
  readonly methods: readonly string[];
  readonly https: HttpsMode;
  readonly headers: EdgeHeaders;
  readonly csrf: CsrfProtectionOptions | undefined;
}

export const EDGE_SETTINGS = Symbol('bulwark:edge');

const KEYS = [
  'hosts',
  'origins',
  'credentials',
  'allowedHeaders',
  'exposedHeaders',
  'methods',
  'bodyLimit',
  'uploadLimit',
  'contentTypes',
  'proxies',
  'forwardedHeader',
  'https',
  'headers',
  'csrf',
] as const satisfies readonly (keyof EdgeOptions)[];

const EXPOSED = [
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Location',
  'Deprecation',
  'Sunset',
  'Link',
  'WWW-Authenticate',
  'DPoP-Nonce',
];

/** @throws TypeError naming option, value and fix. */
export function edgeSettings(given: EdgeOptions = {}, environment: Environment, at = 'security.edge'): EdgeSettings {
  checkKeys(at, given, KEYS);
  const { production } = environment;
  const methods = completeMethods(`${at}.methods`, given.methods ?? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
  const origins = completeOriginPolicy(given, methods, production, at);
  const contentTypes = given.contentTypes ?? [
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ];
  return Object.freeze({
    given,
    hosts: completeHosts(`${at}.hosts`, given.hosts),
    origins,
    methods,
    bodyLimit: bytesOf(`${at}.bodyLimit`, given.bodyLimit ?? '100 KiB'),
    uploadLimit: bytesOf(`${at}.uploadLimit`, given.uploadLimit ?? '10 MiB'),
    contentTypes: new Set(checkTextList(`${at}.contentTypes`, contentTypes).map((type) => type.toLowerCase())),
    proxies: new Proxies(given.proxies, `${at}.proxies`),
    forwardedHeader: checkOneOf(`${at}.forwardedHeader`, given.forwardedHeader ?? 'x-forwarded-for', FORWARDED_HEADERS),
    https: checkOneOf(`${at}.https`, given.https ?? (production ? 'require' : 'off'), HTTPS_MODES),
    headers: completeHeaders(`${at}.headers`, given.headers),
    csrf: completeCsrf(`${at}.csrf`, given.csrf ?? true, origins),
  });
}

function completeOriginPolicy(
  given: EdgeOptions,
  methods: readonly string[],
  production: boolean,
  at: string,
): OriginPolicy {
  const credentials = checkBoolean(`${at}.credentials`, given.credentials ?? false);
  const allowed = given.allowedHeaders ?? ['Authorization', 'Content-Type', 'X-API-Key', 'Idempotency-Key', 'DPoP'];
  const exposed = given.exposedHeaders ?? EXPOSED;
  return Object.freeze({
    ...completeOrigins(`${at}.origins`, given.origins ?? [], { production, credentials }),
    credentials,
    methods: methods.join(', '),
    allowedHeaders: headerNames(`${at}.allowedHeaders`, allowed),
    exposedHeaders: headerNames(`${at}.exposedHeaders`, exposed),
  });
}

/** A star would be every header, `Authorization` excepted by some browsers and not by others. */
function headerNames(option: string, names: readonly string[]): string {
  for (const [index, name] of (Array.isArray(names) ? (names as readonly unknown[]) : [names]).entries()) {
    if (typeof name === 'string' && /^[A-Za-z0-9-]+$/.test(name)) continue;
    throw optionError(`${option}[${index}]`, name, 'is not a header name', 'Name each header, e.g. "X-Request-Id".');
  }
  return names.join(', ');
}

function completeCsrf(
  option: string,
  csrf: NonNullable<EdgeOptions['csrf']>,
  { listed }: OriginPolicy,
): CsrfProtectionOptions | undefined {
  if (csrf === false) return undefined;
  if (csrf !== true) checkKeys(option, csrf, ['exclude']);
  return {
    // A page that may read answers may also send requests; `null` is no page in particular and never trusted.
    trustedOrigins: [...listed].filter((origin) => origin !== 'null'),
    ...(csrf !== true && csrf.exclude !== undefined && { exclude: csrf.exclude }),
  };
}
