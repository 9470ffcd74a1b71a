/** To which key is a token bound (RFC 7800)? */

import type { Principal } from '../../core/principal.js';
import { refuseToken } from '../jwt/token-refusal.js';

export interface Confirmation {
  /** RFC 9449 §6: the thumbprint of the key that signs proofs. */
  readonly jkt: string | undefined;
  /** RFC 8705 §3.1: the thumbprint of the client's certificate. */
  readonly x5t: string | undefined;
}

/** What sends no proof of its own, and what has been proven beside the token: thumbprints, SHA-256, base64url. */
export interface ProvenKeys {
  /** Of the key that signed a DPoP proof which holds. */
  readonly jkt?: string | undefined;
  /** Of the certificate that the client came with. */
  readonly x5tS256?: string | undefined;
}

const NOT_BOUND: Confirmation = Object.freeze({ jkt: undefined, x5t: undefined });

/** SHA-256 in base64url: what both thumbprints are. */
const THUMBPRINT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/**
 * @throws SecurityError `invalid_token` for a confirmation that cannot be understood. RFC 7800 §3.1 lets one ignore unknown
 * methods; a token that is bound in a way that nobody checks would then be good for whoever stole it.
 */
export function confirmationOf({ claims: { cnf, token_type: type, typ } }: Principal): Confirmation {
  if (cnf === undefined) {
    if (isDpop(type) || isDpop(typ)) throw refuseToken('confirmation_missing');
    return NOT_BOUND;
  }
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) throw refuseToken('confirmation_malformed');
  const { jkt, 'x5t#S256': x5t, ...unknown } = cnf as Readonly<Record<string, unknown>>;
  if (Object.keys(unknown).length > 0 || (jkt === undefined && x5t === undefined)) {
    throw refuseToken('confirmation_unknown');
  }
  return { jkt: thumbprint(jkt), x5t: thumbprint(x5t) };
}

/** The principal, where all that its token is bound to has been proven. @throws SecurityError `invalid_token`. */
export function checkProven(principal: Principal, { jkt, x5tS256 }: ProvenKeys = {}): Principal {
  const bound = confirmationOf(principal);
  if (bound.jkt !== undefined && bound.jkt !== jkt) throw refuseToken('bound_to_another_key');
  if (bound.x5t !== undefined && bound.x5t !== x5tS256) throw refuseToken('bound_to_another_certificate');
  return principal;
}

/** What RFC 9449 §5 calls the type of a bound token: its issuer says that there is a key, and forgot to say which. */
function isDpop(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'dpop';
}

function thumbprint(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && THUMBPRINT.test(value)) return value;
  throw refuseToken('confirmation_malformed');
}
