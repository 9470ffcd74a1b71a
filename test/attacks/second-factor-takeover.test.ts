/** Somebody has the password, or a session without second factor, and wants to put a second factor of their own in force. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryMfaStore, totp, TotpService, type StoredPending } from '../../lib/index.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';
import { IDS, openShop, type Shop } from '../sample-app/shop.js';

describe.each(PLATFORMS)('the takeover of a second factor on %s', (platform) => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop(platform);
  });
  afterEach(() => shop.close());

  const confirm = (code: string, token = shop.tokens.bob) =>
    shop.send('POST /auth/mfa/confirm', { token, body: { code } });
  const enrolled = async (): Promise<string> => {
    const { secret } = (await shop.as('bob', 'POST /auth/mfa/enroll')).body as { secret: string };
    expect((await confirm(totp({ secret, now: Date.now() }))).status).toBe(200);
    return secret;
  };

  it('fails by confirming, with the password alone, a replacement that a stronger session began', async () => {
    const secret = await enrolled();
    const body = { username: 'bob', password: 'correct-horse-battery-bob' };
    const { mfa_token } = (await shop.send('POST /auth/login', { body })).body;
    const code = totp({ secret, now: Date.now() + 30_000 });
    const strong = (await shop.send('POST /auth/mfa', { body: { mfa_token, code } })).body.access_token as string;
    const next = (await shop.send('POST /auth/mfa/enroll', { token: strong })).body.secret as string;

    const refused = await confirm(totp({ secret: next, now: Date.now() }));
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication');
    expect(refused.body).toMatchObject({ amr_values: ['otp'], max_age: 300 });
    expect((await confirm(totp({ secret: next, now: Date.now() }), strong)).status).toBe(200);
  });

  it('fails by guessing the code of an enrolment: ten wrong ones, then 429', async () => {
    const { secret } = (await shop.as('bob', 'POST /auth/mfa/enroll')).body as { secret: string };
    const wrong = totp({ secret, now: Date.now() - 3_600_000 });
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess++) statuses.push((await confirm(wrong)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    const refused = await confirm(totp({ secret, now: Date.now() }));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(800);
    expect(await shop.app.get(TotpService).isEnrolled(IDS.bob)).toBe(false);
  });
});

class SlowStore extends MemoryMfaStore {
  gate: Promise<void> = Promise.resolve();

  /** Later, as the contract allows a store that is elsewhere. */
  override setPending(userId: string, pending: StoredPending): void {
    return this.gate.then(() => super.setPending(userId, pending)) as unknown as void;
  }
}

describe('an enrolment that waits', () => {
  let store: SlowStore;
  let t: TestApp;
  let service: TotpService;
  const code = (secret: string) => totp({ secret, now: t.clock.now() });
  const FROM = { address: '192.0.2.7' };

  beforeEach(async () => {
    store = new SlowStore();
    t = await bootApp({ security: { jwt: { secret: TEST_SECRET }, mfa: { store } } });
    service = t.app.get(TotpService);
  });
  afterEach(() => t.close());

  it('does not replace what was confirmed since it began', async () => {
    const owner = await service.enroll('alice');
    // The stranger asks while nothing is in force, and is noted after the owner has confirmed.
    let confirmed!: () => void;
    store.gate = new Promise((resolve) => (confirmed = resolve));
    const asked = service.enroll('alice');
    await new Promise((resolve) => setImmediate(resolve));
    await service.confirm('alice', code(owner.secret));
    confirmed();
    const stranger = await asked;
    const refused = service.confirm('alice', code(stranger.secret));
    await expect(refused).rejects.toMatchObject({ code: 'unauthenticated', reason: 'no_pending_enrolment' });
    t.clock.advance(30_000);
    expect(await service.verify('alice', code(stranger.secret))).toBe(false);
    expect(await service.verify('alice', code(owner.secret))).toBe(true);
  });

  it('goes with the second factor that it was to replace', async () => {
    const first = await service.enroll('alice');
    await service.confirm('alice', code(first.secret));
    const second = await service.enroll('alice', { replace: true });
    await service.remove('alice');
    const refused = service.confirm('alice', code(second.secret));
    await expect(refused).rejects.toMatchObject({ reason: 'no_pending_enrolment' });
    expect(await service.isEnrolled('alice')).toBe(false);
  });

  it('is over after ten minutes', async () => {
    const late = await service.enroll('alice');
    t.clock.advance(600_000);
    const refused = service.confirm('alice', code(late.secret));
    await expect(refused).rejects.toMatchObject({ code: 'unauthenticated', reason: 'no_pending_enrolment' });
    const { secret } = await service.enroll('alice');
    t.clock.advance(599_999);
    expect(await service.confirm('alice', code(secret))).toHaveLength(10);
  });

  it('says from where its code was guessed, so that the address is charged for it', async () => {
    await service.enroll('alice');
    await expect(service.confirm('alice', '000000', FROM)).rejects.toMatchObject({ reason: 'otp_wrong' });
    expect(t.events.at(-1)).toMatchObject({
      kind: 'credential_refused',
      reason: 'otp_wrong',
      subject: { ...FROM, principal: { id: 'alice' } },
    });
  });
});
