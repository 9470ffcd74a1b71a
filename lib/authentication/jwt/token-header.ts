/** Is this header one that we act on? Only `alg`, `kid` and `typ` are read; what points to other keys is never followed. */

import { isSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';
import { readStrictJson } from './strict-json.js';
import { refuseToken } from './token-refusal.js';

export interface TokenHeader {
  readonly alg: SignatureAlgorithm;
  readonly kid: string | undefined;
}

/** Which `typ` an access token has. */
export interface TypeRule {
  /** As `normalType` writes them. */
  readonly typ: ReadonlySet<string>;
  readonly allowMissingTyp: boolean;
}

/** Reads and checks the header. Nothing in it is proven yet: the signature is checked afterwards. */
export function readTokenHeader(encoded: string, { typ, allowMissingTyp }: TypeRule): TokenHeader {
  const header = readStrictJson('header', encoded);
  // RFC 7515 §4.1.11: an extension that is marked critical and not understood MUST be refused. We understand none.
  if ('crit' in header) throw refuseToken('critical_header');
  // RFC 7797 §7: an unencoded payload is not for tokens.
  if ('b64' in header) throw refuseToken('unencoded_payload');
  const { alg, kid } = header;
  // `none` is not in the list of algorithms, in no spelling: names are compared exactly (RFC 7515 §4.1.1).
  if (!isSignatureAlgorithm(alg)) throw refuseToken('algorithm_unknown');
  if (kid !== undefined && typeof kid !== 'string') throw refuseToken('kid_not_a_string');
  if (header.typ === undefined) {
    if (!allowMissingTyp) throw refuseToken('type_missing');
  } else if (typeof header.typ !== 'string' || !typ.has(normalType(header.typ))) {
    // RFC 8725 §3.11: explicit types keep a refresh, ID or logout token from passing as an access token.
    throw refuseToken('type_not_allowed');
  }
  return { alg, kid };
}

/** RFC 7515 §4.1.9: `typ` is a media type, compared without regard to case, with `application/` understood. */
export function normalType(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
}
