/** Turnstile, hCaptcha and reCAPTCHA: what each of them is asked, and what of its answer has to fit. */

import { isIP } from 'node:net';
import {
  checkBoolean,
  checkKeys,
  checkPositiveInteger,
  checkText,
  checkTextList,
  optionError,
} from '../../core/checks.js';
import type { OutboundFetch } from '../../core/outbound-fetch.js';
import type { CaptchaAnswer, CaptchaQuestion, CaptchaVerifier } from './captcha.verifier.js';
import { REACH } from './captcha-reach.js';
import { siteverify, type FetchLike, type SiteverifyOptions, type SiteverifyReply } from './siteverify.js';

export interface HostedCaptchaOptions {
  /** The secret key that the service gave you. It goes to the service only. */
  readonly secret: string;
  /** The hosts that your pages are on: a token that was solved elsewhere does not count. */
  readonly hostnames: readonly string[];
  /** Tell the service the client's address too. Default false. IPv6 clients are never told: only their /64 is known. */
  readonly sendAddress?: boolean;
  /** How long the service may take, in milliseconds. Default 5000. Then the call is refused as 503. */
  readonly timeoutMs?: number;
  /** Where the service is. Default: its public address. */
  readonly url?: string;
  /**
   * How it is asked. Default: within an app the public address goes through the app's safe fetch, whatever `outbound`
   * allows to others; else the global `fetch`.
   */
  readonly fetch?: FetchLike;
}

export interface HCaptchaOptions extends HostedCaptchaOptions {
  /** Your site key: tokens of another one do not count. Default: any key of your account. */
  readonly siteKey?: string;
}

export interface ReCaptchaOptions extends HostedCaptchaOptions {
  /** 3 scores and knows actions, 2 knows neither. Default 3. */
  readonly version?: 2 | 3;
  /** For version 3: the lowest score that passes, 0 to 1. Default 0.5. */
  readonly minScore?: number;
}

const KEYS = ['secret', 'hostnames', 'sendAddress', 'timeoutMs', 'url', 'fetch'];

/**
 * Cloudflare Turnstile. Give the widget the flow's name as its `action`.
 *
 * @throws TypeError naming option, value and fix.
 */
export function turnstile(options: HostedCaptchaOptions): CaptchaVerifier {
  checkKeys('turnstile', options, KEYS);
  const url = 'https://challenges.cloudflare.com/turnstile/v0/siteverify';
  return hosted('turnstile', options, url, {}, ({ action }, flow) => (action === flow ? undefined : 'other_action'));
}

/**
 * hCaptcha. It knows no actions, so that a token counts for every flow, once.
 *
 * @throws TypeError naming option, value and fix.
 */
export function hCaptcha(options: HCaptchaOptions): CaptchaVerifier {
  checkKeys('hCaptcha', options, [...KEYS, 'siteKey']);
  const { siteKey } = options;
  const form: Record<string, string> = siteKey === undefined ? {} : { sitekey: checkText('hCaptcha.siteKey', siteKey) };
  return hosted('hcaptcha', options, 'https://api.hcaptcha.com/siteverify', form, () => undefined);
}

/**
 * Google reCAPTCHA. Version 3 takes the flow's name as `action`, with `_` for each `-`, which it does not allow.
 *
 * @throws TypeError naming option, value and fix.
 */
export function reCaptcha(options: ReCaptchaOptions): CaptchaVerifier {
  checkKeys('reCaptcha', options, [...KEYS, 'version', 'minScore']);
  const { version = 3, minScore = 0.5 } = options;
  if (version !== 2 && version !== 3) throw optionError('reCaptcha.version', version, 'is no version', 'Use 2 or 3.');
  if (typeof minScore !== 'number' || !(minScore >= 0 && minScore <= 1)) {
    throw optionError('reCaptcha.minScore', minScore, 'is not between 0 and 1', 'Use e.g. 0.5.');
  }
  const url = 'https://www.google.com/recaptcha/api/siteverify';
  return hosted('recaptcha', options, url, {}, ({ action, score }, flow) => {
    if (version === 2) return undefined;
    if (action !== flow.replaceAll('-', '_')) return 'other_action';
    return score !== undefined && score >= minScore ? undefined : 'low_score';
  });
}

type Misfit = (reply: SiteverifyReply, flow: string) => string | undefined;

function hosted(
  kind: string,
  options: HostedCaptchaOptions,
  publicUrl: string,
  extra: Readonly<Record<string, string>>,
  misfitOf: Misfit,
): CaptchaVerifier {
  const secret = checkText(`${kind}.secret`, options.secret, 'Use the secret key that the service gave you.');
  const hosts = checkTextList(`${kind}.hostnames`, options.hostnames, "Use e.g. ['www.example.com'].");
  const hostnames = new Set(hosts.map((host) => host.toLowerCase()));
  const sendAddress = checkBoolean(`${kind}.sendAddress`, options.sendAddress ?? false);
  const url = checkText(`${kind}.url`, options.url ?? publicUrl);
  const timeoutMs = checkPositiveInteger(`${kind}.timeoutMs`, options.timeoutMs ?? 5000);

  const asking = (by: FetchLike): CaptchaVerifier => {
    const wire: SiteverifyOptions = Object.freeze({ url, timeoutMs, fetch: by });
    return Object.freeze({
      kind,
      async verify({ token, address, action }: CaptchaQuestion): Promise<CaptchaAnswer> {
        const remoteip = sendAddress && isIP(address) !== 0 ? address : undefined;
        const reply = await siteverify({ secret, response: token, remoteip, ...extra }, wire);
        const { success, hostname, score, errors } = reply;
        if (!success) return { ok: false, reason: errors.join(' ') || 'not_solved' };
        if (hostname === undefined || !hostnames.has(hostname)) return { ok: false, reason: 'other_hostname' };
        const reason = misfitOf(reply, action);
        return { ok: reason === undefined, ...(reason && { reason }), ...(score !== undefined && { score }) };
      },
    });
  };
  const verifier = asking(options.fetch ?? ((target, init) => fetch(target, init)));
  if (options.fetch !== undefined || options.url !== undefined) return verifier;
  const { hostname } = new URL(publicUrl);
  return Object.freeze({ ...verifier, [REACH]: (fetchFor: OutboundFetch) => asking(fetchFor([hostname])) });
}
