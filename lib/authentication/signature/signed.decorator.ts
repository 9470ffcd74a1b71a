/** Which routes take signed requests only? */

import { annotate, annotation, requirement, together, type RouteDecorator } from '../../core/route.js';
import { SCHEMES } from '../authenticate.decorator.js';
import type { SignatureProfile } from './signature-verifier.js';

export interface SignedOptions {
  /** Default: those of `signatures.profile`, which is both. */
  readonly profile?: SignatureProfile | readonly SignatureProfile[];
  /** The ids of the keys that are good here. Default: all of the app. */
  readonly keys?: readonly string[];
  /** What RFC 9421 signatures have to cover here. Default: `signatures.required`. */
  readonly required?: readonly string[];
}

export const SIGNED = annotation<SignedOptions>('signed');

/** As `@Authenticate()` names the scheme. */
export const SIGNATURE_SCHEME = 'signature';

/**
 * Closes a route to all but signed requests; the signer is the caller. Stands for `@Authenticate('signature')`: to take
 * tokens as well, write `@Authenticate('signature', 'jwt')`.
 *
 * Unknown options and keys, or none at all, stop the boot with a TypeError.
 *
 * @example
 * @Post('payments')
 * @Signed({ profile: 'rfc9421', keys: ['shop'] })
 * paid(@Body() event: PaymentEvent) {}
 */
export function Signed(options: SignedOptions = {}): RouteDecorator {
  return together(
    requirement(SIGNED, Object.freeze({ ...options })),
    annotate(SCHEMES, Object.freeze([SIGNATURE_SCHEME])),
  );
}
