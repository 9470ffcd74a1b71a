/** Where is a service that the app itself names, and could it ever be asked? Said when the app starts. */

import { checkText, optionError } from '../core/checks.js';
import { OutboundError } from './fetch/outbound-error.js';
import { checkUrl, completeUrlPolicy, isPrivateAllowed, portOf, type UrlPolicyOptions } from './fetch/url-policy.js';

/** Names stand in events and log lines. */
const NAME = /^[a-z][\w-]{0,63}$/i;

export interface ConfiguredPlace {
  readonly url: URL;
  /** Its scheme, host and port, and nothing else: whatever `outbound` allows or forbids to others. */
  readonly reach: UrlPolicyOptions;
}

export interface PlaceRules {
  /** `host` and `host:port` entries that may be private, and be asked by http. */
  readonly allowedPrivate: readonly string[];
  readonly example: string;
  /** Where credentials belong instead of into the URL. */
  readonly credentials: string;
}

/** @throws TypeError naming option, value and fix. */
export function checkConfiguredName(option: string, name: string): string {
  if (NAME.test(name)) return name;
  throw optionError(option, name, 'is no name', 'Use letters, digits, - and _.');
}

/**
 * @param option The entry; its URL stands under `key`.
 * @throws TypeError naming option and fix; of the URL its host at most, for the rest may hold a secret.
 */
export function configuredPlace(option: string, key: string, value: unknown, rules: PlaceRules): ConfiguredPlace {
  const place = `${option}.${key}`;
  const fix = `Use e.g. '${rules.example}'.`;
  const text = checkText(place, value, fix);
  if (!URL.canParse(text)) throw new TypeError(`${place}: is no URL. ${fix}`);
  const url = new URL(text);
  // A dot at the end of a host is left out where it is asked, and so it is where it is signed.
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(`${place}: holds credentials. ${rules.credentials}`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TypeError(`${place}: is not https. ${fix}`);
  const reach = reachOf(url, rules.allowedPrivate);
  const policy = completeUrlPolicy(option, reach);
  if (url.protocol === 'http:' && !isPrivateAllowed(policy, url.hostname, portOf(url))) {
    throw new TypeError(
      `${place}: is not https. Use https, or in development add its host to dangerouslyAllowPrivate.`,
    );
  }
  try {
    checkUrl(url, policy);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const mend = 'Where it is meant to be private, add its host and port to dangerouslyAllowPrivate.';
    throw optionError(place, url.host, `cannot be asked, for ${error.reason}`, mend);
  }
  return Object.freeze({ url, reach });
}

function reachOf(url: URL, allowedPrivate: readonly string[]): UrlPolicyOptions {
  return Object.freeze({
    allowedHosts: [url.hostname],
    schemes: [url.protocol === 'http:' ? ('http' as const) : ('https' as const)],
    ports: [portOf(url)],
    ...(allowedPrivate.length > 0 && { dangerouslyAllowPrivate: [...allowedPrivate] }),
  });
}
