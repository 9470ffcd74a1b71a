import { describe, expect, it } from 'vitest';
import { KeyHash } from '../../lib/throttling/key-hash.js';

// HalfSipHash-2-4, 64 bits of output: `vectors_hsip64` of the reference implementation (veorq/SipHash, vectors.h).
// Key 00 01 … 07; the n-th input is the n bytes 00 01 … n-1.
const VECTORS = `
  218d1f59b9b83cc8 be552412f8387315 064f39ef7c50eb57 ce0f1a45f7060679 d5e78a175be52ea1 cb9d7c3f2f3db580
  ce3e91358aa2bc25 ff202728b07bc684 edfee820bce4858c 5b51cccc13888307 95b0469f06a6f2ee ae26333994ddcd48
  7bc71f9faef5c799 5a2352d75a0c3744 3bb1a870eae8e658 217d0bcb4e81c902 7336aad25f7bf3b5 37adc0641c4c4f6a
  c9b2db2b9a3e42f9 f910e48020ab363c 1bf52b0a6feea7db 00741dc269e8b3ef e20103fa1ba776ef
`
  .trim()
  .split(/\s+/);

const SEED = Uint8Array.from({ length: 8 }, (_, index) => index);

function hex(hash: KeyHash, text: string): string {
  hash.of(text);
  const out = Buffer.alloc(8);
  out.writeInt32LE(hash.low, 0);
  out.writeInt32LE(hash.high, 4);
  return out.toString('hex');
}

describe('the hash of a key', () => {
  it.each(VECTORS.map((vector, length) => ({ vector, length })))(
    'is HalfSipHash-2-4 of its $length bytes',
    ({ vector, length }) => {
      const text = Array.from({ length }, (_, index) => String.fromCharCode(index)).join('');
      expect(hex(new KeyHash(SEED), text)).toBe(vector);
    },
  );

  it('tells apart texts of wide characters, and from the narrow text of the same bytes', () => {
    const hash = new KeyHash(SEED);
    const texts = [
      '\u4241',
      'AB',
      'BA',
      '\u4142',
      '\u4241\u4241',
      '\u4241\u4242',
      'é',
      'e\u0301',
      '',
      '\0',
      '\u0100',
      '\u0100\0',
    ];
    expect(new Set(texts.map((text) => hex(hash, text))).size).toBe(texts.length);
  });

  it('differs from process to process', () => {
    expect(hex(new KeyHash(), 'alice')).not.toBe(hex(new KeyHash(), 'alice'));
  });

  it('answers the same for the same text, however the text was put together', () => {
    const hash = new KeyHash();
    const id = ['a', 'lice'].join('');
    expect(hex(hash, `p/authenticated/${id}`)).toBe(hex(hash, 'p/authenticated/alice'));
  });
});
