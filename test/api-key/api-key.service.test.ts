import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BootAudit, MemoryApiKeyStore, SecurityError, type ApiKeysOptions } from '../../lib/index.js';
import { START_MS } from '../app.js';
import { bootKeys, type KeyApp } from './app.js';

const DAY = 86_400_000;

describe('ApiKeyService', () => {
  let t: KeyApp;
  beforeAll(async () => {
    t = await bootKeys({ apiKeys: { maxPerOwner: 12 } });
  });
  afterAll(() => t.close());

  const errorOf = async (attempt: Promise<unknown>): Promise<SecurityError> => {
    const error: unknown = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SecurityError);
    return error as SecurityError;
  };

  it('shows a key once: no list and no store has it', async () => {
    const made = await t.issue({ owner: 'once', cidrs: ['203.0.113.0/24'], expiresInDays: 30 });
    expect(made).toEqual({
      id: made.key.split('_')[1],
      key: made.key,
      name: 'ci',
      owner: 'once',
      roles: [],
      scopes: ['reports:read'],
      cidrs: ['203.0.113.0/24'],
      createdAt: new Date(START_MS),
      expiresAt: new Date(START_MS + 30 * DAY),
    });
    const rotated = await t.keys.rotate(made.id, { overlap: '1h' });
    expect(rotated.expiresAt).toEqual(new Date(START_MS + 30 * DAY));
    const { key: _, ...info } = rotated;
    expect(await t.keys.list('once')).toEqual([info]);
    const kept = JSON.stringify(await t.store.find(made.id));
    for (const secret of [made.key, rotated.key].map((key) => key.split('_')[2]!)) expect(kept).not.toContain(secret);
  });

  it('verifies a key that came another way', async () => {
    const { key } = await t.issue({ owner: 'queue' });
    expect(await t.keys.verify(key)).toMatchObject({ id: 'queue', scheme: 'api-key' });
    expect((await errorOf(t.keys.verify(`${key}x`))).code).toBe('invalid_token');
    const bound = await t.issue({ owner: 'queue', cidrs: ['203.0.113.0/24'] });
    expect(await t.keys.verify(bound.key, { address: '203.0.113.7' })).toMatchObject({ id: 'queue' });
    for (const from of [{}, { address: '203.0.114.7' }, { address: 'unknown' }]) {
      expect((await errorOf(t.keys.verify(bound.key, from))).reason).toBe('api_key_network');
    }
  });

  it('tells of what became of keys', async () => {
    t.events.length = 0;
    const { id } = await t.issue({ owner: 'told' });
    await t.keys.rotate(id);
    await t.keys.revoke(id);
    await t.keys.revoke(id);
    const told = t.events.map((event) =>
      event.kind === 'api_key_changed' ? [event.change, event.keyId, event.ownerId] : event.kind,
    );
    expect(told).toEqual([
      ['created', id, 'told'],
      ['rotated', id, 'told'],
      ['revoked', id, 'told'],
    ]);
  });

  it('cuts the overlap where the key itself ends before it, and says so', async () => {
    const { id, key } = await t.issue({ owner: 'short' });
    const day = 86_400_000;
    const { overlapUntil, expiresAt } = await t.keys.rotate(id, { overlap: '30d', expiresInDays: 1 });
    expect(overlapUntil).toEqual(expiresAt);
    expect(overlapUntil.getTime()).toBe(t.clock.now() + day);
    expect(await t.keys.verify(key)).toMatchObject({ id: 'short' });
    const { id: other } = await t.issue({ owner: 'short' });
    expect((await t.keys.rotate(other, { overlap: 0 })).overlapUntil.getTime()).toBe(t.clock.now());
    expect((await t.keys.rotate(other, { overlap: '12h' })).overlapUntil.getTime()).toBe(t.clock.now() + day / 2);
  });

  it('holds owners apart: a foreign key is as good as none', async () => {
    const { id, key } = await t.issue({ owner: 'mine' });
    expect((await errorOf(t.keys.rotate(id, { owner: 'yours' }))).code).toBe('not_found');
    expect((await errorOf(t.keys.rotate('nothing', { owner: 'yours' }))).code).toBe('not_found');
    expect(await t.keys.revoke(id, { owner: 'yours' })).toBe(false);
    expect(await t.keys.list('yours')).toEqual([]);
    expect(await t.keys.verify(key)).toMatchObject({ id: 'mine' });
    expect(await t.keys.revoke(id, { owner: 'mine' })).toBe(true);
  });

  it('takes no owner that happens to be missing for everybody, and no option that it does not know', async () => {
    const { id } = await t.issue({ owner: 'victim' });
    const missing = { owner: undefined } as unknown as { owner: string };
    await expect(t.keys.rotate(id, missing)).rejects.toThrow('ApiKeyService.rotate.owner: undefined');
    await expect(t.keys.revoke(id, missing)).rejects.toThrow('ApiKeyService.revoke.owner: undefined');
    const misspelt = { overlapp: 0 } as object;
    await expect(t.keys.rotate(id, misspelt)).rejects.toThrow('Did you mean `ApiKeyService.rotate.overlap`?');
    const owners = { owners: 'mallory' } as object;
    await expect(t.keys.revoke(id, owners)).rejects.toThrow('Did you mean `ApiKeyService.revoke.owner`?');
    expect((await t.keys.list('victim'))[0]).not.toHaveProperty('revokedAt');
  });

  it('rotates nothing that is over, and no key more often than can be told apart', async () => {
    const { id } = await t.issue({ owner: 'over' });
    await t.keys.revoke(id);
    expect((await errorOf(t.keys.rotate(id))).code).toBe('not_found');
    const busy = await t.issue({ owner: 'over' });
    for (let round = 0; round < 8; round++) await t.keys.rotate(busy.id);
    expect(await errorOf(t.keys.rotate(busy.id))).toMatchObject({
      code: 'forbidden',
      reason: 'api_key_too_many_former',
    });
    expect(await t.keys.verify(busy.key)).toMatchObject({ id: 'over' });
    await t.keys.rotate(busy.id, { overlap: 0 });
    expect((await errorOf(t.keys.verify(busy.key))).code).toBe('invalid_token');
  });

  it('gives an owner no more keys than the limit, dead ones aside', async () => {
    const made = [];
    for (let count = 0; count < 12; count++) made.push(await t.issue({ owner: 'many' }));
    expect(await errorOf(t.issue({ owner: 'many' }))).toMatchObject({ code: 'forbidden', reason: 'api_keys_too_many' });
    await t.keys.revoke(made[0]!.id);
    await t.issue({ owner: 'many' });
    await t.keys.revokeAll('many');
    expect((await t.keys.list('many')).every(({ revokedAt }) => revokedAt !== undefined)).toBe(true);
    for (const { key } of made) expect((await errorOf(t.keys.verify(key))).code).toBe('invalid_token');
  });

  it.each([
    [{ name: '' }, '/name'],
    [{ name: 'x'.repeat(101) }, '/name'],
    [{ name: 'a\u0000b' }, '/name'],
    [{ name: 'line\nbreak' }, '/name'],
    [{ name: 'turned \u202e round' }, '/name'],
    [{ name: 'half \ud83d' }, '/name'],
    [{ scopes: ['two words'] }, '/scopes/0'],
    [{ scopes: 'reports:read' }, '/scopes'],
    [{ cidrs: ['203.0.113.0/24', 'example.com'] }, '/cidrs/1'],
    [{ cidrs: ['2001:db8::1'] }, '/cidrs/0'],
    [{ expiresInDays: 0 }, '/expiresInDays'],
    [{ expiresInDays: 3651 }, '/expiresInDays'],
    [{ expiresInDays: 1.5 }, '/expiresInDays'],
  ])('refuses %j as input', async (change, pointer) => {
    const error = await errorOf(t.issue(change as never));
    expect(error.code).toBe('invalid_input');
    expect(error.getResponse()).toMatchObject({ status: 400, errors: [{ pointer }] });
  });

  it.each([
    [{ owner: '' }, 'ApiKeyService.create.owner'],
    [{ roles: 'admin' }, 'ApiKeyService.create.roles'],
    [{ tier: '' }, 'ApiKeyService.create.tier'],
    [{ scope: [] }, 'ApiKeyService.create.scope: unknown option. Did you mean `ApiKeyService.create.scopes`?'],
  ])('calls %j a mistake', async (change, message) => {
    await expect(t.issue(change as never)).rejects.toThrow(message);
  });
});

describe('the boot audit', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const findings = async (apiKeys: ApiKeysOptions) => {
    const t = await bootKeys({ more: { apiKeys } });
    const found = t.app.get(BootAudit).findings();
    await t.close();
    return found.map(({ id }) => id);
  };

  it('warns of keys that a restart ends, in production', async () => {
    expect(await findings({})).not.toContain('api-keys/in-memory');
    vi.stubEnv('NODE_ENV', 'production');
    expect(await findings({})).toContain('api-keys/in-memory');
    expect(await findings({ store: new MemoryApiKeyStore() })).not.toContain('api-keys/in-memory');
  });
});
