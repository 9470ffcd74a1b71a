import { expect, it } from 'vitest';
import { createRecoveryCodes, isRecoveryCode, recoveryDigest } from '../../lib/authentication/mfa/recovery-codes.js';

it('makes ten codes that nobody can guess or misread', () => {
  const codes = createRecoveryCodes();
  expect(codes).toHaveLength(10);
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) {
    expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/);
    expect(isRecoveryCode(code)).toBe(true);
  }
});

it('knows a code however it was written down, and for its owner only', () => {
  const code = 'k0f1-9xq2-aaaa-bbbb-cccc-dddd';
  const digest = recoveryDigest('alice', code);
  for (const written of [
    code.toUpperCase(),
    code.replaceAll('-', ''),
    code.replaceAll('-', ' '),
    'kOfL-9XQ2-aaaabbbbccccdddd',
  ]) {
    expect(isRecoveryCode(written)).toBe(true);
    expect(recoveryDigest('alice', written)).toBe(digest);
  }
  expect(recoveryDigest('bob', code)).not.toBe(digest);
  expect(digest).not.toContain('k0f1');
});

it.each(['', '123456', 'k0f1-9xq2', 'u'.repeat(24), 'a'.repeat(25), `${'a'.repeat(23)}!`, 'a'.repeat(100_000)])(
  'does not take %s for one',
  (text) => {
    expect(isRecoveryCode(text)).toBe(false);
  },
);
