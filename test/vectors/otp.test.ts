/** Published one-time passwords (RFC 6238 appendix B, RFC 4226 appendix D), read from beside the project. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { totp } from '../../lib/index.js';

interface TotpVector {
  readonly time: number;
  readonly algorithm: string;
  readonly digits: 6 | 7 | 8;
  readonly period: number;
  readonly secretAscii: string;
  readonly secretBase32: string;
  readonly code: string;
}

interface HotpVector {
  readonly counter: number;
  readonly digits?: 6 | 7 | 8;
  readonly secretAscii?: string;
  readonly code: string;
}

interface Vectors {
  readonly rfc6238: readonly TotpVector[];
  readonly rfc4226: readonly HotpVector[];
}

const file = fileURLToPath(new URL('../../../shared/vectors/otp.json', import.meta.url));
const vectors = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Vectors) : undefined;
if (vectors === undefined) console.warn(`SKIPPED: no published one-time passwords at ${file}`);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.skipIf(vectors === undefined)('the published one-time passwords', () => {
  it.each(vectors?.rfc6238 ?? [])('of RFC 6238: $algorithm at $time is $code', (vector) => {
    const { time, algorithm, digits, period: step, secretAscii, secretBase32, code } = vector;
    const rest = { now: time * 1000, algorithm, digits, step };
    expect(totp({ secret: bytes(secretAscii), ...rest })).toBe(code);
    expect(totp({ secret: secretBase32, ...rest })).toBe(code);
  });

  it.each(vectors?.rfc4226 ?? [])('of RFC 4226: counter $counter is $code', (vector) => {
    const { counter, digits = 6, secretAscii = '12345678901234567890', code } = vector;
    expect(totp({ secret: bytes(secretAscii), now: counter * 30_000, digits })).toBe(code);
  });

  it('are as many as were published', () => {
    expect([vectors?.rfc6238.length, vectors?.rfc4226.length]).toEqual([18, 10]);
  });
});
