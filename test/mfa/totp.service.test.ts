import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryMfaStore, totp, TotpService, type MfaOptions, type StoredPending } from '../../lib/index.js';
import { bootApp, TEST_SECRET, type TestApp } from '../app.js';

let t: TestApp;
afterEach(() => t.close());

async function boot(mfa: MfaOptions = {}): Promise<TotpService> {
  t = await bootApp({ security: { jwt: { secret: TEST_SECRET }, mfa } });
  return t.app.get(TotpService);
}

const codeOf = (secret: string, offset = 0): string => totp({ secret, now: t.clock.now() + offset * 30_000 });

async function enrolled(
  service: TotpService,
  userId = 'alice',
): Promise<{ secret: string; recovery: readonly string[] }> {
  const { secret } = await service.enroll(userId);
  const recovery = await service.confirm(userId, codeOf(secret));
  t.clock.advance(60_000);
  return { secret, recovery };
}

describe('enrolment', () => {
  it('gives a secret of 160 bits, its URL, and a QR code without script', async () => {
    const service = await boot({ issuer: 'Shop & Co' });
    const { secret, otpauthUrl, qrSvg } = await service.enroll('u1', { account: 'alice@example.com' });
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const url = new URL(otpauthUrl);
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/Shop & Co:alice@example.com',
    ]);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ secret, issuer: 'Shop & Co' });
    expect(qrSvg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>.*<\/svg>$/s);
    expect(qrSvg).not.toMatch(/<script|\bon\w+=|href|<foreignObject/i);
    expect((await service.enroll('u1')).secret).not.toBe(secret);
  });

  it('does not count before it is confirmed', async () => {
    const service = await boot();
    const { secret } = await service.enroll('alice');
    expect(await service.isEnrolled('alice')).toBe(false);
    expect(await service.verify('alice', codeOf(secret))).toBe(false);
    await expect(service.confirm('alice', '000000')).rejects.toMatchObject({
      code: 'unauthenticated',
      reason: 'otp_wrong',
    });
    expect(await service.confirm('alice', codeOf(secret))).toHaveLength(10);
    expect(await service.isEnrolled('alice')).toBe(true);
    expect(t.events).toContainEqual(
      expect.objectContaining({ kind: 'second_factor_changed', change: 'enrolled', level: 'info' }),
    );
  });

  it('is confirmed by its own secret only, and once', async () => {
    const service = await boot();
    const first = await service.enroll('alice');
    const second = await service.enroll('alice');
    await expect(service.confirm('alice', codeOf(first.secret))).rejects.toMatchObject({ status: 401 });
    await service.confirm('alice', codeOf(second.secret));
    await expect(service.confirm('alice', codeOf(second.secret))).rejects.toMatchObject({
      reason: 'no_pending_enrolment',
    });
  });

  it('does not replace what is in force unless told to, and then only once it is confirmed', async () => {
    const service = await boot();
    const { secret, recovery } = await enrolled(service);
    await expect(service.enroll('alice')).rejects.toMatchObject({
      code: 'forbidden',
      reason: 'second_factor_in_force',
    });
    const next = await service.enroll('alice', { replace: true });
    expect(await service.verify('alice', codeOf(secret))).toBe(true);
    await service.confirm('alice', codeOf(next.secret));
    t.clock.advance(60_000);
    expect(await service.verify('alice', codeOf(secret))).toBe(false);
    expect(await service.verifyRecoveryCode('alice', recovery[0]!)).toBe(false);
    expect(await service.verify('alice', codeOf(next.secret))).toBe(true);
  });
});

describe('verification', () => {
  it('accepts the code of now, of the step before and of the step after, and no other', async () => {
    const service = await boot();
    for (const [user, offset, accepted] of [
      ['a', -2, false],
      ['b', -1, true],
      ['c', 0, true],
      ['d', 1, true],
      ['e', 2, false],
    ] as const) {
      const { secret } = await enrolled(service, user);
      expect(await service.verify(user, codeOf(secret, offset)), user).toBe(accepted);
    }
  });

  it('accepts a step once, of a hundred who come at once', async () => {
    const service = await boot({ attemptsPerUser: 1000 });
    const { secret } = await enrolled(service);
    const code = codeOf(secret);
    const answers = await Promise.all(Array.from({ length: 100 }, () => service.verify('alice', code)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await service.verify('alice', codeOf(secret, -1))).toBe(false);
    expect(t.events.at(-1)).toMatchObject({ kind: 'credential_refused', stage: 'mfa', reason: 'otp_replayed' });
    expect(await service.verify('alice', codeOf(secret, 1))).toBe(true);
  });

  it('does not accept the code that confirmed the enrolment', async () => {
    const service = await boot();
    const { secret } = await service.enroll('alice');
    const code = codeOf(secret);
    await service.confirm('alice', code);
    expect(await service.verify('alice', code)).toBe(false);
  });

  it.each(['', '12345', '1234567', '12345a', '１２３４５６', ' 123456', '123456\n', 123456, null, undefined, {}])(
    'calls %j malformed',
    async (code) => {
      const service = await boot();
      const { secret } = await enrolled(service);
      await expect(service.verify('alice', code as string)).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(service.confirm('alice', code as string)).rejects.toMatchObject({ code: 'invalid_input' });
      expect(await service.verify('alice', codeOf(secret))).toBe(true);
    },
  );

  it('stops guessing after ten wrong codes in fifteen minutes, whatever the code', async () => {
    const service = await boot();
    const { secret, recovery } = await enrolled(service);
    const guesses = await Promise.allSettled(Array.from({ length: 50 }, () => service.verify('alice', '000000')));
    expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const tooMany = { code: 'rate_limited', headers: { 'Retry-After': '900' } };
    await expect(service.verify('alice', codeOf(secret))).rejects.toMatchObject(tooMany);
    await expect(service.confirm('alice', codeOf(secret))).rejects.toMatchObject({ status: 401 });
    await service.enroll('alice', { replace: true });
    await expect(service.confirm('alice', codeOf(secret))).rejects.toMatchObject(tooMany);
    expect(t.events.at(-1)).toMatchObject({ kind: 'rate_limited', stage: 'mfa' });
    t.clock.advance(899_999);
    await expect(service.verify('alice', codeOf(secret))).rejects.toMatchObject({ code: 'rate_limited' });
    t.clock.advance(1);
    expect(await service.verify('alice', codeOf(secret))).toBe(true);
    expect(await service.verifyRecoveryCode('alice', recovery[0]!)).toBe(true);
  });

  it('forgets wrong codes after a right one', async () => {
    const service = await boot();
    const { secret } = await enrolled(service);
    for (let round = 0; round < 3; round++) {
      for (let guess = 0; guess < 9; guess++) await service.verify('alice', '000000');
      expect(await service.verify('alice', codeOf(secret))).toBe(true);
      t.clock.advance(30_000);
    }
  });
});

describe('recovery codes', () => {
  it('work once each, of a hundred who come at once', async () => {
    const service = await boot({ attemptsPerUser: 1000 });
    const { recovery } = await enrolled(service);
    for (const code of recovery.slice(0, 2)) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => service.verifyRecoveryCode('alice', code)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    }
    expect(t.events).toContainEqual(expect.objectContaining({ change: 'recovery_code_used' }));
    expect(await service.verifyRecoveryCode('bob', recovery[2]!)).toBe(false);
    expect(await service.verifyRecoveryCode('alice', recovery[2]!.toUpperCase())).toBe(true);
  });

  it('are replaced all at once, for those who have a second factor', async () => {
    const service = await boot();
    const { recovery } = await enrolled(service);
    const next = await service.recoveryCodes('alice');
    expect(next).toHaveLength(10);
    expect(await service.verifyRecoveryCode('alice', recovery[0]!)).toBe(false);
    expect(await service.verifyRecoveryCode('alice', next[0]!)).toBe(true);
    await expect(service.recoveryCodes('bob')).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('what is kept', () => {
  class OpenStore extends MemoryMfaStore {
    readonly seen: string[] = [];
    override setPending(userId: string, pending: StoredPending): void {
      this.seen.push(pending.sealed);
      super.setPending(userId, pending);
    }
    override confirm(userId: string, id: string, step: number, recovery: readonly string[], nowMs: number): boolean {
      this.seen.push(...recovery);
      return super.confirm(userId, id, step, recovery, nowMs);
    }
    override reseal(userId: string, authenticator: { id: string; sealed: string }): void {
      this.seen.push(authenticator.sealed);
      super.reseal(userId, authenticator);
    }
  }

  it('is neither the secret nor a recovery code', async () => {
    const store = new OpenStore();
    const service = await boot({ store });
    const { secret, recovery } = await enrolled(service);
    const kept = store.seen.join('\n');
    for (const open of [secret, ...recovery]) expect(kept).not.toContain(open);
    expect(store.seen).toHaveLength(11);
  });

  it('is sealed again under the newest key when it is used, and the old key can go then', async () => {
    const store = new OpenStore();
    const [old, fresh] = ['2025', '2026'].map((id) => ({ id, key: randomBytes(32) })) as [
      { id: string; key: Buffer },
      { id: string; key: Buffer },
    ];
    const { secret } = await enrolled(await boot({ store, encryptionKeys: [old] }));
    await t.close();
    const rotated = await boot({ store, encryptionKeys: [fresh, old] });
    t.clock.advance(120_000);
    expect(await rotated.verify('alice', codeOf(secret))).toBe(true);
    expect(store.seen.at(-1)).toMatch(/^v1\.2026\./);
    await t.close();
    const later = await boot({ store, encryptionKeys: [fresh] });
    t.clock.advance(240_000);
    expect(await later.verify('alice', codeOf(secret))).toBe(true);
  });

  it('opens for nobody where the key is gone', async () => {
    const store = new MemoryMfaStore();
    const { secret } = await enrolled(await boot({ store, encryptionKeys: [{ id: 'a', key: randomBytes(32) }] }));
    await t.close();
    const service = await boot({ store, encryptionKeys: [{ id: 'b', key: randomBytes(32) }] });
    await expect(service.verify('alice', codeOf(secret))).rejects.toThrow('unknown key: a');
  });

  it('goes when the second factor is taken away', async () => {
    const service = await boot();
    const { secret } = await enrolled(service);
    await service.remove('alice');
    expect(await service.isEnrolled('alice')).toBe(false);
    expect(await service.verify('alice', codeOf(secret))).toBe(false);
    expect(t.events).toContainEqual(expect.objectContaining({ change: 'removed' }));
  });
});
