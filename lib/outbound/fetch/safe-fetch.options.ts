/** What a safe fetch may be told, and what it does when it is told nothing. */

import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { checkKeys, checkPositiveInteger, checkText, optionError } from '../../core/checks.js';
import { completeContentTypes } from './content-types.js';
import { completeUrlPolicy, URL_POLICY_KEYS, type UrlPolicy, type UrlPolicyOptions } from './url-policy.js';

/**
 * The signature of Node's `dns.lookup`, called with `all: true`. An answer of one address in the three-argument form is
 * taken too.
 */
export type SafeLookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void;

export interface SafeFetchOptions extends UrlPolicyOptions {
  /** For the whole of it: look-up, connection, every redirect, headers and body, in milliseconds. Default 5_000. */
  readonly timeoutMs?: number;
  /** Most bytes of a body, before and after decompression. Default 1_048_576. */
  readonly maxBytes?: number;
  /** Redirects that are followed, each judged like the first URL. 0 refuses an answer that redirects. Default 0. */
  readonly redirects?: number;
  /** Content types that a body may have: `application/json`, `text/*`, `application/*+json`. Default: any. */
  readonly contentTypes?: readonly string[];
  /**
   * Node's `dns.lookup`, or what has its signature. Every address that it answers is judged. Default `dns.lookup`, of which few
   * run at once: they hold threads of the process.
   */
  readonly lookup?: SafeLookup;
  /**
   * URL of an egress proxy, `http:` or `https:`, credentials included. It is asked to CONNECT to the address that was judged
   * here, never to a name. Default none: `HTTP_PROXY` and its like are not read.
   */
  readonly proxy?: string;
  readonly tls?: SafeFetchTlsOptions;
}

export interface SafeFetchTlsOptions {
  /**
   * Certificates (PEM) of authorities that are trusted instead of the public ones, for the hosts that are asked; an https proxy
   * is judged by those that Node trusts. Default: those that Node trusts.
   */
  readonly ca?: string | readonly string[];
}

/** Options, checked and complete. */
export interface SafeFetchSettings {
  readonly policy: UrlPolicy;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly redirects: number;
  readonly contentTypes: ((type: string | null) => boolean) | undefined;
  readonly lookup: SafeLookup | undefined;
  readonly proxy: URL | undefined;
  readonly ca: readonly string[] | undefined;
  /** False: of an answer only the head counts, and no body of it is judged. */
  readonly bodyWanted: boolean;
}

export const SAFE_FETCH_KEYS = [
  ...URL_POLICY_KEYS,
  'timeoutMs',
  'maxBytes',
  'redirects',
  'contentTypes',
  'lookup',
  'proxy',
  'tls',
] as const;

/** Longest time that Node's timers keep. */
const LONGEST_MS = 2 ** 31 - 1;

/** More than any site needs; the Fetch standard gives up at as many. */
const MOST_REDIRECTS = 20;

/**
 * @param option Where the options stand, for the message: `createSafeFetch`, `outbound.safeFetch`.
 * @throws TypeError that names the option, its value and the fix.
 */
export function completeSafeFetch(
  option: string,
  options: SafeFetchOptions = {},
  { bodyWanted = true }: { readonly bodyWanted?: boolean } = {},
): SafeFetchSettings {
  checkKeys(option, options, SAFE_FETCH_KEYS);
  const { timeoutMs = 5000, maxBytes = 1024 ** 2, redirects = 0, contentTypes, lookup, proxy, tls } = options;
  if (checkPositiveInteger(`${option}.timeoutMs`, timeoutMs) > LONGEST_MS) {
    throw optionError(`${option}.timeoutMs`, timeoutMs, 'is longer than timers run', 'Use milliseconds, e.g. 5_000.');
  }
  if (!Number.isInteger(redirects) || redirects < 0 || redirects > MOST_REDIRECTS) {
    const fix = `Use a whole number from 0 to ${MOST_REDIRECTS}.`;
    throw optionError(`${option}.redirects`, redirects, 'is not a number of redirects', fix);
  }
  if (lookup !== undefined && typeof lookup !== 'function') {
    throw optionError(`${option}.lookup`, lookup, 'is not a function', 'Use what has the signature of dns.lookup.');
  }
  return Object.freeze({
    policy: completeUrlPolicy(option, options),
    timeoutMs,
    maxBytes: checkPositiveInteger(`${option}.maxBytes`, maxBytes),
    redirects,
    contentTypes: contentTypes === undefined ? undefined : completeContentTypes(`${option}.contentTypes`, contentTypes),
    lookup,
    proxy: proxy === undefined ? undefined : proxyOf(`${option}.proxy`, proxy),
    ca: completeTls(`${option}.tls`, tls),
    bodyWanted,
  });
}

/** The value is not shown: it may hold a password. */
function proxyOf(option: string, proxy: unknown): URL {
  const url = typeof proxy === 'string' && URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && url.search === '') {
    if (isDecodable(url.username) && isDecodable(url.password)) return url;
    throw new TypeError(`${option}: its credentials hold a % that begins no escape. Write it as %25.`);
  }
  throw new TypeError(`${option}: is not the URL of a proxy. Use e.g. 'http://proxy.example.com:3128'.`);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws TypeError that names the option and the fix. */
export function completeTls(option: string, tls: SafeFetchTlsOptions | undefined): readonly string[] | undefined {
  checkKeys(option, tls, ['ca']);
  if (tls?.ca === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(tls.ca) ? tls.ca : [tls.ca];
  const fix = 'Use certificates as PEM text.';
  const certificates = list.map((entry) => checkText(`${option}.ca`, entry, fix));
  if (certificates.length === 0 || !certificates.every((text) => text.includes('-----BEGIN CERTIFICATE-----'))) {
    throw optionError(`${option}.ca`, tls.ca, 'holds no certificate', fix);
  }
  return certificates;
}
