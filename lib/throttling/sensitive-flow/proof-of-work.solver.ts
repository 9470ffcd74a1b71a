/** The client's side of a proof of work. Needs nothing but the language, so that it runs in a browser as it is. */

/** Hashes between two breaths: a page that solves stays responsive. */
const BREATH = 16_384;

/**
 * Finds a number that, hashed together with the challenge's id, gives enough leading zero bits (hashcash, SHA-256).
 * Takes 2^difficulty hashes on average: a second or so for the default of 18.
 *
 * @returns the captcha token: the challenge with the number.
 * @throws Error when the challenge is none.
 */
export async function solveProofOfWork(challenge: string): Promise<string> {
  const [version, , bits, , , id] = challenge.split('.');
  const difficulty = Number(bits);
  if (version !== 'ft1' || id?.length !== 22 || !(difficulty >= 1)) throw new Error('This is no challenge.');
  const message = new Uint8Array(64);
  const words = new Int32Array(64);
  for (let counter = 0; ; counter++) {
    const text = `${id}.${counter}`;
    for (let index = 0; index < text.length; index++) message[index] = text.charCodeAt(index);
    if (zeroBits(message, text.length, words) >= difficulty) return `${challenge}.${counter}`;
    if (counter % BREATH === BREATH - 1) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

// SHA-256 (FIPS 180-4 §6.2) of one block: 22 + 1 + 16 digits always fit into its 55 bytes.

function zeroBits(message: Uint8Array, length: number, words: Int32Array): number {
  for (let index = 0; index < 16; index++) words[index] = 0;
  for (let index = 0; index < length; index++) words[index >> 2]! |= message[index]! << (24 - (index & 3) * 8);
  words[length >> 2]! |= 0x80 << (24 - (length & 3) * 8);
  words[15] = length * 8;
  for (let index = 16; index < 64; index++) {
    const [far, near] = [words[index - 15]!, words[index - 2]!];
    const s0 = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3);
    const s1 = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10);
    words[index] = words[index - 16]! + s0 + words[index - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = START;
  for (let index = 0; index < 64; index++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[index]! + words[index]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  // Difficulties end at 32: the first word says it all.
  return Math.clz32((a + START[0]) | 0);
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first bits of the fractional parts of the square roots of the first primes, and of their cube roots. */
const PRIMES = Array.from({ length: 312 }, (_, number) => number).filter(
  (number) => number > 1 && !Array.from({ length: number }, (_, i) => i).some((i) => i > 1 && number % i === 0),
);
const fraction = (value: number): number => ((value - Math.floor(value)) * 2 ** 32) | 0;
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];
const ROUND = Int32Array.from(PRIMES.slice(0, 64), (prime) => fraction(Math.cbrt(prime)));
