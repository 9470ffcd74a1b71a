/** Judges one proof without Nest: for sockets, for gateways, for whoever has no pipeline. */

import { checkKeys, checkPositive, checkText, checkTextList, optionError } from '../../core/checks.js';
import { systemClock } from '../../core/clock.js';
import { judgeProof, type DpopProof } from './dpop-proof.js';
import { checkDpopAlgorithms, type DpopAlgorithm } from './dpop.options.js';
import { normalUri } from './target-uri.js';

export interface VerifyDpopProofOptions {
  /** The method of the request, as it came. */
  readonly method: string;
  /** The URL of the request as its client sees it, any of which will do. Query and fragment do not count. */
  readonly uri: string | readonly string[];
  /** The token that came with it. Default none: the proof must then name none either. */
  readonly accessToken?: string;
  /** `cnf.jkt` of that token. Compare it yourself with the answer where you leave it out. */
  readonly thumbprint?: string;
  /** What the proof may be signed with. Default ES256, ES384, ES512, EdDSA, Ed25519, PS256 and RS256. */
  readonly algorithms?: readonly DpopAlgorithm[];
  /** How long ago the proof may have been made, in seconds. Default 60, at most 300. */
  readonly maxAge?: number;
  /** Seconds by which clocks may differ. Default 5. */
  readonly clockTolerance?: number;
  /** What time it is, in milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

const KEYS = ['method', 'uri', 'accessToken', 'thumbprint', 'algorithms', 'maxAge', 'clockTolerance', 'now'];

/**
 * Every check of RFC 9449 §4.3 but two: it remembers nothing, so spend `thumbprint` and `id` in a `SpentStore` until
 * `expiresAtMs`; and `nonce` is answered as it came.
 *
 * @example
 * const { thumbprint, id } = await verifyDpopProof(proof, { method: 'GET', uri: 'https://api.example.com/orders', accessToken });
 * @throws SecurityError `invalid_token`: the same to the client for every cause, the exact one in `reason`.
 * @throws TypeError for an option that makes no sense.
 */
export async function verifyDpopProof(proof: string, options: VerifyDpopProofOptions): Promise<DpopProof> {
  const where = 'verifyDpopProof';
  checkKeys(where, options ?? null, KEYS);
  const { method, uri, accessToken, thumbprint, maxAge = 60, clockTolerance = 5 } = options;
  if (typeof clockTolerance !== 'number' || !(clockTolerance >= 0 && clockTolerance <= 300)) {
    throw optionError(`${where}.clockTolerance`, clockTolerance, 'is not a number from 0 to 300', 'Use seconds.');
  }
  const uris = typeof uri === 'string' ? [checkText(`${where}.uri`, uri)] : checkTextList(`${where}.uri`, uri);
  const ours = uris.map((each) => {
    const normal = normalUri(each);
    if (normal !== undefined) return normal;
    throw optionError(`${where}.uri`, each, 'is no http(s) URL', "Use e.g. 'https://api.example.com/orders'.");
  });
  const rule = {
    method: checkText(`${where}.method`, method),
    isOurs: (origin: string, path: string) => ours.some((each) => each.origin === origin && each.path === path),
    accessToken: accessToken === undefined ? undefined : checkText(`${where}.accessToken`, accessToken),
    thumbprint: thumbprint === undefined ? undefined : checkText(`${where}.thumbprint`, thumbprint),
    algorithms: checkDpopAlgorithms(`${where}.algorithms`, options.algorithms),
    maxAgeMs: checkMaxAge(`${where}.maxAge`, maxAge) * 1000,
    toleranceMs: clockTolerance * 1000,
  };
  return judgeProof(proof, rule, options.now?.() ?? systemClock.now());
}

/** As for the module: what is older was not made for this request. */
function checkMaxAge(option: string, value: number): number {
  const seconds = checkPositive(option, value, 'Use seconds, e.g. 60.');
  if (seconds <= 300) return seconds;
  throw optionError(option, value, 'is over 300', 'It is in seconds, not milliseconds.');
}
