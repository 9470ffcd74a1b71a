/** How does a hosted captcha reach its service? Through the app's own fetch, once there is an app. */

import type { OutboundFetch } from '../../core/outbound-fetch.js';
import type { CaptchaVerifier } from './captcha.verifier.js';

/** Carried by verifiers that were made before the app was, and leave it to the app how their service is asked. */
export const REACH = Symbol('bulwark:captcha-reach');

interface Reaching {
  readonly [REACH]: (fetchFor: OutboundFetch) => CaptchaVerifier;
}

/** The verifier as this app uses it. Those of the app's own stay as they are. */
export function reachedBy(fetchFor: OutboundFetch, verifier: CaptchaVerifier): CaptchaVerifier {
  return REACH in verifier ? (verifier as unknown as Reaching)[REACH](fetchFor) : verifier;
}
