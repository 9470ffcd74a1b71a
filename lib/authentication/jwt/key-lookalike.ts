/** Is this "secret" a public key in disguise? Whoever has the public key could then sign (key confusion). */

export function looksLikeAKey(secret: Uint8Array): boolean {
  const text = Buffer.from(secret).toString('latin1').trimStart();
  if (text.includes('-----BEGIN ') || /^(ssh-(rsa|ed25519)|ecdsa-sha2-\S+) /.test(text)) return true;
  if (text.startsWith('{') && /"kty"/.test(text)) return true;
  return isDer(secret);
}

/** One DER SEQUENCE that spans all the bytes: the outer shape of every binary public key and certificate. */
function isDer(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x30 || bytes.length < 32) return false;
  const first = bytes[1]!;
  if (first < 0x80) return first + 2 === bytes.length;
  const size = first & 0x7f;
  if (size === 0 || size > 3) return false;
  let length = 0;
  for (let index = 0; index < size; index++) length = length * 256 + bytes[2 + index]!;
  return length + 2 + size === bytes.length;
}
