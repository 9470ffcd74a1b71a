/** How does a token look on the wire? Any header over any claims, signed with whatever a thief has, however unfit. */

import { constants, createHmac, sign, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../../../authentication/jwt/signature-algorithm.js';

type Sign = (input: Buffer) => Uint8Array;

/** RFC 7515 §7.1. What is undefined is left out. */
export function compact(header: object, claims: object, signature: Sign): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${Buffer.from(signature(Buffer.from(input))).toString('base64url')}`;
}

export const unsigned: Sign = () => new Uint8Array();

/** HS256, by a secret of any length: that of nothing too. */
export function macWith(secret: string | Uint8Array, algorithm = 'HS256'): Sign {
  return (input) =>
    createHmac(`sha${algorithm.slice(2)}`, secret)
      .update(input)
      .digest();
}

export function signedWith(key: KeyObject, algorithm: SignatureAlgorithm): Sign {
  if (key.type === 'secret') return macWith(key.export(), algorithm);
  const hash = `sha${algorithm.slice(2)}`;
  switch (algorithm) {
    case 'EdDSA':
    case 'Ed25519':
      return (input) => sign(null, input, key);
    case 'ES256':
    case 'ES384':
    case 'ES512':
      // RFC 7518 §3.4: the two numbers one after the other, not in DER.
      return (input) => sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
    case 'PS256':
    case 'PS384':
    case 'PS512': {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return (input) => sign(hash, input, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
    }
    default:
      return (input) => sign(hash, input, key);
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
