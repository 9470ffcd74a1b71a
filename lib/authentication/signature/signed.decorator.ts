/** Which routes take signed requests only? */

import {
  annotate,
  annotation,
  requirement,
  type Annotation,
  type Route,
  type RouteDecorator,
} from '../../core/route.js';
import { SCHEMES } from '../authenticate.decorator.js';
import type { SignatureProfile } from './signature-profile.js';

export interface SignedOptions {
  /** Default: those of `signatures.profile`, which is both. */
  readonly profile?: SignatureProfile | readonly SignatureProfile[];
  /** The ids of the keys that are good here. Default: all of the app. */
  readonly keys?: readonly string[];
  /** What RFC 9421 signatures have to cover here. Default: `signatures.required`. */
  readonly required?: readonly string[];
  /** The `tag` that RFC 9421 signatures have to have here. Default: `signatures.tag`. Not with the HMAC profile. */
  readonly tag?: string;
}

export const SIGNED = annotation<SignedOptions>('signed');

/** As `@Authenticate()` names the scheme. */
export const SIGNATURE_SCHEME = 'signature';

/**
 * Closes a route to all but signed requests; the signer is the caller. To take tokens as well, write
 * `@Authenticate('signature', 'jwt')`, above it or below, or instead of it. On a class, the handlers that say otherwise by an
 * `@Authenticate()` of their own are not signed.
 *
 * `principal.claims` has what the signature says: `keyid`, `components`, `created`, `tag`.
 *
 * Unknown options and keys, or none at all, stop the boot with a TypeError.
 *
 * @example
 * @Post('payments')
 * @Signed({ profile: 'rfc9421', keys: ['shop'] })
 * paid(@Body() event: PaymentEvent) {}
 */
export function Signed(options: SignedOptions = {}): RouteDecorator {
  const note = requirement(SIGNED, Object.freeze({ ...options })) as Decorator;
  const schemes = annotate(SCHEMES, Object.freeze([SIGNATURE_SCHEME])) as Decorator;
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    note(target, key, descriptor);
    // The order of decorators decides nothing: what `@Authenticate()` says right here holds, whichever came first.
    const isSaid =
      key === undefined
        ? Reflect.hasOwnMetadata(SCHEMES.key, target)
        : Reflect.hasOwnMetadata(SCHEMES.key, target, key);
    if (!isSaid) schemes(target, key, descriptor);
  };
}

type Decorator = (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => void;

/** Does a `@Signed()` hold for this route? One on the class does not, where the handler names schemes of its own. */
export function asksForSignature(route: Route): boolean {
  if (route.get(SIGNED) === undefined) return false;
  return isOnHandler(SIGNED, route) || !isOnHandler(SCHEMES, route);
}

function isOnHandler<T>({ key }: Annotation<T>, { handler, class: type, name }: Route): boolean {
  return Reflect.hasMetadata(key, handler) || Reflect.hasMetadata(key, type.prototype as object, name);
}
