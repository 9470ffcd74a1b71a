/** Where is a provider, and how is it reached? By https at a public address, unless somebody says otherwise in as many words. */

import { checkPositiveInteger, checkText, checkTextList, optionError } from '../../core/checks.js';
import type { OutboundReach } from '../../core/outbound-fetch.js';

export interface ReachOptions {
  /** How long the provider may take to answer, in milliseconds. Default 5_000. */
  readonly timeoutMs?: number;
  /**
   * Exact `host` or `host:port` entries that may lie in a private network: for a provider in your own, or on this machine in
   * development. Default none.
   */
  readonly dangerouslyAllowPrivate?: readonly string[];
  /** Allow `http:`. Whoever is on the way can then put in keys of their own, and be anybody. Default false. */
  readonly dangerouslyAllowHttp?: boolean;
}

/** Key sets with certificate chains are large; nobody honest has one of this size. */
const MOST_BYTES = 512 * 1024;

/** @throws TypeError for what is no URL that a provider can be at. */
export function checkRemoteUrl(option: string, value: unknown, options: ReachOptions): URL {
  const fix = "Use e.g. 'https://login.example.com'.";
  const text = checkText(option, value, fix);
  const url = readRemoteUrl(text, options.dangerouslyAllowHttp === true);
  if (url !== undefined) return url;
  const isHttp = /^http:/i.test(text);
  throw optionError(
    option,
    isHttp ? text : 'this',
    isHttp ? 'is not https' : 'is not the URL of a provider',
    isHttp ? 'Use https, or in development say `dangerouslyAllowHttp: true`.' : fix,
  );
}

/** Undefined: no absolute https URL, or one with credentials in it. */
export function readRemoteUrl(text: unknown, isHttpAllowed: boolean): URL | undefined {
  if (typeof text !== 'string' || text.length > 2048 || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hostname === '') return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isHttpAllowed) ? url : undefined;
}

/** @throws TypeError naming option, value and fix. */
export function reachOf(
  option: string,
  options: ReachOptions,
  url: URL,
  morePorts: readonly number[] = [],
): OutboundReach {
  const { timeoutMs = 5_000, dangerouslyAllowPrivate: allowed, dangerouslyAllowHttp = false } = options;
  return Object.freeze({
    schemes: dangerouslyAllowHttp ? (['https', 'http'] as const) : (['https'] as const),
    ...((url.port !== '' || morePorts.length > 0) && { ports: [...new Set([portOf(url), ...morePorts])] }),
    ...(allowed !== undefined && {
      dangerouslyAllowPrivate: checkTextList(
        `${option}.dangerouslyAllowPrivate`,
        allowed,
        "Use e.g. ['127.0.0.1:4010'].",
      ),
    }),
    timeoutMs: checkPositiveInteger(`${option}.timeoutMs`, timeoutMs, 'Use milliseconds, e.g. 5_000.'),
    maxBytes: MOST_BYTES,
  });
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'http:' ? 80 : 443;
}
