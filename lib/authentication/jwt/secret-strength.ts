/** Is this secret one that nobody can guess? */

/** Secrets that stand in tutorials and on token playgrounds: the first ones that a cracking list tries. */
const PUBLISHED = new Set([
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'do not use this value. instead, create a complex secret and keep it safe outside of the source code.',
  'thisisasecretkeythatshouldbechanged',
  'your-256-bit-secret-your-256-bit-secret',
  'my-32-character-ultra-secure-and-ultra-long-secret',
]);

const PLACEHOLDER =
  /^(change[-_ ]?(me|this)|replace[-_ ]?(me|this)|(enter|put|insert|your)[-_ ]?(your|super|jwt|secret))/i;

/** The longest piece whose repetition we call a repetition: `secretsecretsecret…` is no better than `secret`. */
const LONGEST_UNIT = 8;

/** What makes a secret guessable, in words that complete "the secret …". Undefined: nothing that we can see. */
export function weaknessOf(secret: Uint8Array): string | undefined {
  const text = Buffer.from(secret).toString('latin1');
  if (PUBLISHED.has(text.toLowerCase())) return 'is a published example';
  if (PLACEHOLDER.test(text)) return 'is a placeholder';
  for (let unit = 1; unit <= LONGEST_UNIT; unit++) {
    if (secret.every((byte, index) => byte === secret[index % unit])) return 'repeats a few characters over and over';
  }
  return undefined;
}

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
