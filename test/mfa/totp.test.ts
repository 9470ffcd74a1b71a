import { describe, expect, it } from 'vitest';
import { matchingStep, stepAt, toBase32, totp } from '../../lib/authentication/mfa/totp.js';
import { START_MS } from '../app.js';

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const bytes = new TextEncoder().encode('12345678901234567890');

describe('totp', () => {
  it('has six digits of SHA-1 that stand for thirty seconds, as authenticator apps do', () => {
    expect(totp({ secret: SECRET, now: 59_000 })).toBe('287082');
    expect(totp({ secret: SECRET, now: 30_000 })).toBe('287082');
    expect(totp({ secret: SECRET, now: 59_999 })).toBe('287082');
    expect(totp({ secret: SECRET, now: 60_000 })).not.toBe('287082');
  });

  it('reads a secret in any spelling, or as bytes', () => {
    for (const secret of [bytes, SECRET.toLowerCase(), SECRET.match(/.{4}/g)!.join(' '), `${SECRET}====`]) {
      expect(totp({ secret, now: 59_000, digits: 8 })).toBe('94287082');
    }
    expect(totp({ secret: 'JBSWY3DPEHPK3PXP', now: 0 })).toMatch(/^\d{6}$/);
  });

  it('takes other steps, and algorithms in other spellings', () => {
    expect(totp({ secret: SECRET, now: 59_000 * 2, step: 60 })).toBe('287082');
    for (const algorithm of ['SHA1', 'sha1', 'SHA-1']) {
      expect(totp({ secret: SECRET, now: 59_000, algorithm })).toBe('287082');
    }
  });

  it.each<[string, object, string]>([
    ['a secret that is no base32', { secret: 'GEZD1890' }, 'totp.secret: is no base32 text'],
    ['an empty secret', { secret: '' }, 'totp.secret: is empty'],
    ['a moment before 1970', { now: -1 }, 'totp.now: -1 is no moment'],
    ['no moment', { now: NaN }, 'totp.now: NaN is no moment'],
    ['a step of nothing', { step: 0 }, 'totp.step: 0 is no step'],
    ['five digits', { digits: 5 }, 'totp.digits: 5 is out of range'],
    ['another algorithm', { algorithm: 'MD5' }, 'totp.algorithm: "MD5" is not an algorithm of RFC 6238'],
  ])('refuses %s, without quoting the secret', (_what, change, complaint) => {
    const attempt = () => totp({ secret: SECRET, now: 0, ...change });
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(complaint);
    expect(attempt).not.toThrow(/GEZD1890/);
  });
});

describe('matchingStep', () => {
  const step = stepAt(START_MS);
  const codeOf = (offset: number): string => totp({ secret: bytes, now: START_MS + offset * 30_000 });

  it('finds the step of a code that stands now, stood before or stands next', () => {
    for (const offset of [-1, 0, 1]) expect(matchingStep(bytes, codeOf(offset), START_MS)).toBe(step + offset);
  });

  it('finds none for older and later codes, and others', () => {
    for (const offset of [-3, -2, 2, 3]) expect(matchingStep(bytes, codeOf(offset), START_MS)).toBeUndefined();
    for (const code of ['', '12345', codeOf(0).slice(1), `${codeOf(0)}0`]) {
      expect(matchingStep(bytes, code, START_MS)).toBeUndefined();
    }
  });
});

it('writes base32 as people type it', () => {
  expect(toBase32(bytes)).toBe(SECRET);
});
