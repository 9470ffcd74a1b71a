/** Which 64-bit number stands for a key? HalfSipHash-2-4 under a random key, so that nobody can choose keys that collide. */

import { randomBytes } from 'node:crypto';

/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, reference implementation `veorq/SipHash`). One object
 * hashes one key after the other and leaves the answer in `low` and `high`, so that hashing allocates nothing.
 */
export class KeyHash {
  low = 0;
  high = 0;
  readonly #k0: number;
  readonly #k1: number;

  /** @param seed 8 bytes. Default random: hashes differ from process to process, and are of no use outside it. */
  constructor(seed: Uint8Array = randomBytes(8)) {
    const view = new DataView(seed.buffer, seed.byteOffset, 8);
    this.#k0 = view.getInt32(0, true);
    this.#k1 = view.getInt32(4, true);
  }

  /** Text of Latin-1 characters is hashed as one byte a character, as published; any other as UTF-16, under another key. */
  of(text: string): void {
    if (!this.#absorb(text, 2)) this.#absorb(text, 1);
  }

  /** @param shift Characters per word: 2^shift. False: characters did not fit, and the answer is of no use. */
  #absorb(text: string, shift: 1 | 2): boolean {
    const { length } = text;
    const perWord = 1 << shift;
    const whole = length & -perWord;
    const bits = 32 >> shift;
    // The complement of the second key: no text of one kind collides by design with one of the other.
    const k1 = shift === 2 ? this.#k1 : ~this.#k1;
    let seen = 0;
    let v0 = this.#k0;
    let v1 = k1 ^ 0xee;
    let v2 = this.#k0 ^ 0x6c796765;
    let v3 = k1 ^ 0x74656462;
    for (let at = 0; at <= whole; at += perWord) {
      let word: number;
      if (at === whole) {
        word = length << (shift === 2 ? 24 : 25);
        for (let tail = at; tail < length; tail++) {
          const code = text.charCodeAt(tail);
          seen |= code;
          word |= code << ((tail - at) * bits);
        }
      } else if (shift === 2) {
        const a = text.charCodeAt(at);
        const b = text.charCodeAt(at + 1);
        const c = text.charCodeAt(at + 2);
        const d = text.charCodeAt(at + 3);
        seen |= a | b | c | d;
        word = a | (b << 8) | (c << 16) | (d << 24);
      } else {
        word = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
      }
      v3 ^= word;
      // Two rounds, written out: a loop of two costs a quarter of the whole.
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);

      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    if (shift === 2 && seen > 0xff) return false;
    this.#finish(v0, v1, v2, v3);
    return true;
  }

  #finish(v0: number, v1: number, v2: number, v3: number): void {
    v2 ^= 0xee;
    for (let round = 0; round < 8; round++) {
      if (round === 4) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.high = v1 ^ v3;
  }
}
