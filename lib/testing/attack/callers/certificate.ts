/** How does a stranger's certificate look? Signed with its own key, and good for nothing but to be refused (RFC 5280 §4.1). */

import { createPublicKey, sign, type KeyObject } from 'node:crypto';

/** A self-signed certificate of a private key, in DER. */
export function selfSigned(key: KeyObject): Buffer {
  const { oid, hash, hasNull } = signatureOf(key);
  const algorithm = der(0x30, der(0x06, Buffer.from(oid, 'hex')), ...(hasNull ? [der(0x05)] : []));
  // CN=stranger
  const name = der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, text('stranger')))));
  const validity = der(0x30, der(0x17, text('200101000000Z')), der(0x17, text('491231235959Z')));
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const version = der(0xa0, der(0x02, Buffer.of(2)));
  const serial = der(0x02, Buffer.of(1));
  const body = der(0x30, version, serial, algorithm, name, validity, name, publicKey);
  return der(0x30, body, algorithm, der(0x03, Buffer.of(0), sign(hash, body, key)));
}

/** By its object identifier (RFC 8410, RFC 5758, RFC 8017), and whether its parameters are NULL. */
function signatureOf({ asymmetricKeyType }: KeyObject): { oid: string; hash: string | null; hasNull: boolean } {
  switch (asymmetricKeyType) {
    case 'ed25519':
      return { oid: '2b6570', hash: null, hasNull: false };
    case 'ec':
      return { oid: '2a8648ce3d040302', hash: 'sha256', hasNull: false };
    default:
      return { oid: '2a864886f70d01010b', hash: 'sha256', hasNull: true };
  }
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
