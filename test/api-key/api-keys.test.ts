import { Controller, Get, UseGuards } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { newApiKey } from '../../lib/authentication/api-key/api-key.js';
import { ApiKeyGuard, JwtAuthGuard, MemoryApiKeyStore, Public, Returns } from '../../lib/index.js';
import { PLATFORMS, START_MS } from '../app.js';
import { tokenFor } from '../tokens.js';
import { bootKeys, type KeyApp, type KeyAppInit } from './app.js';

const DAY = 86_400_000;

/** One answer for everything that is wrong with a key. */
const REFUSAL = {
  type: 'about:blank',
  title: 'Valid credentials are required.',
  status: 401,
};

@Public()
@Controller('open-class')
class OpenController {
  @Get('closed')
  @UseGuards(ApiKeyGuard)
  @Returns(Object)
  closed() {
    return { ok: true };
  }

  @Get('both')
  @Public()
  @UseGuards(ApiKeyGuard)
  @Returns(Object)
  both() {
    return { ok: true };
  }

  @Get('token')
  @UseGuards(JwtAuthGuard)
  @Returns(Object)
  token() {
    return { ok: true };
  }

  @Get('open')
  @Returns(Object)
  open() {
    return { ok: true };
  }
}

@UseGuards(ApiKeyGuard)
@Controller('closed-class')
class GuardedController {
  @Get('open')
  @Public()
  @Returns(Object)
  open() {
    return { ok: true };
  }
}

describe.each(PLATFORMS)('API keys on %s', (platform) => {
  let t: KeyApp;
  const boot = async (init: KeyAppInit = {}) => (t = await bootKeys({ platform, ...init }));
  afterEach(() => t.close());

  const refusals = () => t.events.flatMap((event) => (event.kind === 'credential_refused' ? [event.reason] : []));

  describe('let in', () => {
    it('whoever brings a good one, as its owner', async () => {
      await boot();
      const { id, key } = await t.issue({ roles: ['reporter'], tier: 'partner' });
      const answer = await t.get('/key', key);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        id: 'alice',
        scheme: 'api-key',
        roles: ['reporter'],
        scopes: ['reports:read'],
        tier: 'partner',
        credentialId: id,
        expiresAtMs: START_MS + 365 * DAY,
        claims: { name: 'ci' },
      });
      expect(answer.headers).not.toHaveProperty('deprecation');
      expect(answer.headers).not.toHaveProperty('sunset');
    });

    it('by Authorization: ApiKey, in any case', async () => {
      await boot();
      const { key } = await t.issue();
      for (const scheme of ['ApiKey', 'apikey', 'APIKEY']) {
        const { status } = await t.send('GET /key', { headers: { authorization: `${scheme} ${key}` } });
        expect(status).toBe(200);
      }
    });

    it('what their scopes name, and nothing else', async () => {
      await boot();
      expect((await t.get('/scoped', (await t.issue()).key)).status).toBe(200);
      expect((await t.get('/scoped', (await t.issue({ scopes: ['reports:write'] })).key)).status).toBe(403);
      expect((await t.get('/scoped', (await t.issue({ scopes: [] })).key)).status).toBe(403);
    });

    it('where they are asked for by name only', async () => {
      await boot();
      const { key } = await t.issue();
      expect((await t.get('/either', key)).body).toEqual({ scheme: 'api-key' });
      expect((await t.send('GET /either', { token: await tokenFor('bob') })).body).toEqual({ scheme: 'jwt' });
      expect(await t.get('/token', key)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      expect((await t.get('/open', key)).body).toEqual({ scheme: 'nobody' });
      expect(await t.send('GET /key', { token: await tokenFor('bob') })).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'ApiKey' },
      });
      expect(await t.send('GET /either')).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer, ApiKey' },
      });
    });

    it('where ApiKeyGuard stands, and no token', async () => {
      await boot();
      const { key } = await t.issue();
      expect(await t.get('/guarded', key)).toMatchObject({ status: 200, body: { scheme: 'api-key' } });
      expect((await t.send('GET /guarded', { token: await tokenFor('bob') })).status).toBe(401);
      expect((await t.send('GET /guarded')).status).toBe(401);
    });

    it('where ApiKeyGuard stands, whatever @Public() says of the class or beside it', async () => {
      await boot({ controllers: [OpenController, GuardedController] });
      const { key } = await t.issue();
      for (const path of ['/open-class/closed', '/open-class/both', '/closed-class/open']) {
        expect((await t.get(path, key)).status, path).toBe(200);
        expect(await t.send(`GET ${path}`), path).toMatchObject({ status: 401, body: REFUSAL });
      }
      expect((await t.send('GET /open-class/open')).status).toBe(200);
      expect((await t.send('GET /open-class/token')).status).toBe(401);
      expect((await t.send('GET /open-class/token', { token: await tokenFor('bob') })).status).toBe(200);
    });

    it('in a header of the app’s own choice, and no other', async () => {
      await boot({ apiKeys: { header: 'X-Shop-Key' } });
      const { key } = await t.issue();
      expect((await t.send('GET /key', { headers: { 'x-shop-key': key } })).status).toBe(200);
      expect((await t.get('/key', key)).status).toBe(401);
      const beside = { 'x-api-key': 'of-the-gateway', authorization: `ApiKey ${key}` };
      expect((await t.send('GET /key', { headers: beside })).status).toBe(200);
    });

    it('through ApiKeyGuard alone, without the global guard', async () => {
      await boot({ more: { globalGuards: false }, prepare: (app) => app.useGlobalGuards(app.get(ApiKeyGuard)) });
      const { key } = await t.issue();
      expect(await t.get('/guarded', key)).toMatchObject({ status: 200, body: { scheme: 'api-key' } });
      expect((await t.get('/key', key)).status).toBe(200);
      for (const path of ['/guarded', '/either', '/token']) {
        const answer = await t.send(`GET ${path}`, { token: await tokenFor('bob') });
        expect(answer, path).toMatchObject({ status: 401, body: REFUSAL });
      }
      expect((await t.send('GET /open')).status).toBe(200);
      expect((await t.get('/key', newApiKey().text)).status).toBe(401);
      expect(refusals()).toEqual(['no_api_key', 'no_api_key', 'api_key_unknown']);
    });
  });

  describe('refuse', () => {
    it('with one same answer, and the exact cause in the event', async () => {
      await boot();
      const { id, key } = await t.issue();
      const revoked = await t.issue();
      await t.keys.revoke(revoked.id);
      const expired = await t.issue({ expiresInDays: 1 });
      const elsewhere = await t.issue({ cidrs: ['203.0.113.0/24'] });
      t.clock.advance(DAY);
      const letter = key.endsWith('a') ? 'b' : 'a';
      const tries: [string, string][] = [
        [key.slice(0, -1), 'api_key_length'],
        [`${key}x`, 'api_key_length'],
        [key.replace('bwk_', 'bwx_'), 'api_key_form'],
        [key.slice(0, -1) + letter, 'api_key_checksum'],
        [newApiKey().text, 'api_key_unknown'],
        [newApiKey(id).text, 'api_key_wrong_secret'],
        [revoked.key, 'api_key_revoked'],
        [expired.key, 'api_key_expired'],
        [elsewhere.key, 'api_key_network'],
      ];
      for (const [text, reason] of tries) {
        t.events.length = 0;
        const answer = await t.get('/key', text);
        expect(answer.body, reason).toEqual({
          ...REFUSAL,
          ...(answer.body.instance && { instance: answer.body.instance }),
        });
        expect(answer, reason).toMatchObject({ status: 401, headers: { 'www-authenticate': 'ApiKey' } });
        expect(refusals()).toEqual([reason]);
        const named = t.events.flatMap((event) => ('credentialId' in event ? [event.credentialId] : []));
        expect(named, reason).toEqual(reason.match(/length|form|checksum/) ? [] : [text.split('_')[1]]);
        expect(JSON.stringify(t.events)).not.toContain(text);
      }
      expect((await t.get('/key', key)).status).toBe(200);
    });

    it('what is mistyped without asking the store', async () => {
      await boot();
      const { key } = await t.issue();
      t.store.asked.length = 0;
      await t.get('/key', key.slice(0, -2));
      await t.get(
        '/key',
        key.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      );
      await t.get('/key', `bwk_${'x'.repeat(22)}_${'x'.repeat(43)}_xxxxxx`);
      expect(t.store.asked).toEqual([]);
    });

    it('everybody while the store is down: 503, and never open', async () => {
      await boot();
      const { id, key } = await t.issue();
      t.store.isDown = true;
      const answer = await t.get('/key', key);
      expect(answer.status).toBe(503);
      expect(answer.text).not.toMatch(/database|store|api_key/);
      expect((await t.send('GET /either', { token: await tokenFor('bob') })).status).toBe(200);
      await expect(t.keys.revoke(id)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(t.issue()).rejects.toMatchObject({ code: 'unavailable' });
      t.store.isDown = false;
      expect((await t.get('/key', key)).status).toBe(200);
    });

    it('a key on the second at which it expires', async () => {
      await boot({ apiKeys: { store: new MemoryApiKeyStore(), expiresInDays: 2 } });
      const { key } = await t.issue();
      t.clock.advance(2 * DAY - 1);
      expect((await t.get('/key', key)).status).toBe(200);
      t.clock.advance(1);
      expect((await t.get('/key', key)).status).toBe(401);
    });

    it('keys that another pepper hashed', async () => {
      const pepper = 'wq7Zr2Kf9s0LxT4vYb1NcE6hGj8MdPaU3oRiQkXyB5t=';
      const store = new MemoryApiKeyStore();
      await boot({ apiKeys: { store, pepper } });
      const { key } = await t.issue();
      expect((await t.get('/key', key)).status).toBe(200);
      await t.close();
      await boot({ apiKeys: { store } });
      expect((await t.get('/key', key)).status).toBe(401);
      expect(refusals()).toEqual(['api_key_wrong_secret']);
    });
  });

  describe('are bound to networks', () => {
    it('of the client, as the declared proxies tell of it', async () => {
      await boot({ more: { edge: { proxies: ['loopback'] } } });
      const { key } = await t.issue({ cidrs: ['203.0.113.0/24', '2001:db8:1::/48'] });
      const from = async (address: string) =>
        (await t.send('GET /key', { headers: { 'x-api-key': key, 'x-forwarded-for': address } })).status;
      expect(await from('203.0.113.9')).toBe(200);
      expect(await from('2001:db8:1:2:3::4')).toBe(200);
      expect(await from('::ffff:203.0.113.9')).toBe(200);
      expect(await from('203.0.114.9')).toBe(401);
      expect(await from('2001:db8:2::4')).toBe(401);
      expect(await from('garbage')).toBe(401);
      expect(await from('203.0.113.9, 198.51.100.1')).toBe(401);
    });

    it('also where they are remembered', async () => {
      await boot();
      const { key } = await t.issue({ cidrs: ['127.0.0.2'] });
      const from = async (address: string) =>
        (await t.send('GET /key', { from: address, headers: { 'x-api-key': key } })).status;
      expect([await from('127.0.0.2'), await from('127.0.0.3'), await from('127.0.0.2')]).toEqual([200, 401, 200]);
    });
  });

  describe('are remembered', () => {
    it('for five seconds, so that a busy one costs one look-up', async () => {
      await boot();
      const { key } = await t.issue();
      t.store.asked.length = 0;
      await Promise.all(Array.from({ length: 20 }, () => t.get('/key', key)));
      t.clock.advance(4_999);
      await t.get('/key', key);
      expect(t.store.asked.filter((method) => method === 'find')).toHaveLength(1);
      t.clock.advance(1);
      await t.get('/key', key);
      expect(t.store.asked.filter((method) => method === 'find')).toHaveLength(2);
    });

    it('not at all where that is asked for', async () => {
      await boot({ apiKeys: { rememberMs: 0 } });
      const { key } = await t.issue();
      t.store.asked.length = 0;
      for (let call = 0; call < 3; call++) await t.get('/key', key);
      expect(t.store.asked.filter((method) => method === 'find')).toHaveLength(3);
    });

    it('no longer by a clock that steps back', async () => {
      await boot();
      const { key } = await t.issue();
      await t.get('/key', key);
      t.store.asked.length = 0;
      t.clock.advance(-3_600_000);
      await t.get('/key', key);
      expect(t.store.asked).toContain('find');
    });

    it('so that a blocked address does not lock their owner out', async () => {
      await boot({ more: { throttling: {} } });
      const { key } = await t.issue();
      expect((await t.get('/key', key)).status).toBe(200);
      for (let call = 0; call < 100; call++) await t.get('/key', 'bwk_wrong');
      expect((await t.get('/key', 'bwk_wrong')).status).toBe(429);
      expect((await t.get('/key', key)).status).toBe(200);
      expect((await t.get('/key', (await t.issue()).key)).status).toBe(429);
    });

    it('so that it does not lock them out either when the store has to be asked again', async () => {
      await boot({ more: { throttling: {} } });
      const { key } = await t.issue();
      const guesses = new Set<number>();
      for (let second = 0; second < 30; second++) {
        expect((await t.get('/key', key)).status).toBe(200);
        for (let call = 0; call < 10; call++) guesses.add((await t.get('/key', 'bwk_wrong')).status);
        t.clock.advance(1_000);
      }
      expect(guesses).toEqual(new Set([401, 429]));
      expect(t.store.asked.filter((method) => method === 'find').length).toBeGreaterThan(4);
    });

    it('and a revoked one gets past the gate of a blocked address once, to be refused', async () => {
      await boot({ more: { throttling: {} } });
      const { id, key } = await t.issue();
      await t.get('/key', key);
      for (let call = 0; call < 101; call++) await t.get('/key', 'bwk_wrong');
      // In another process: nothing here is told of it.
      await t.store.revoke(id, t.clock.now());
      t.clock.advance(5_000);
      for (let call = 0; call < 20; call++) await t.get('/key', 'bwk_wrong');
      expect((await t.get('/key', key)).status).toBe(401);
      expect((await t.get('/key', key)).status).toBe(429);
    });

    it('with the minute of their last use, written once a minute', async () => {
      await boot();
      const { key } = await t.issue();
      t.store.asked.length = 0;
      const lastUse = async () => (await t.keys.list('alice'))[0]!.lastUsedAt?.getTime();
      expect(await lastUse()).toBeUndefined();
      for (let call = 0; call < 11; call++) {
        await t.get('/key', key);
        t.clock.advance(5_000);
      }
      expect(await lastUse()).toBe(START_MS);
      expect(t.store.asked.filter((method) => method === 'touch')).toHaveLength(1);
      t.clock.advance(5_000);
      await t.get('/key', key);
      expect(await lastUse()).toBe(START_MS + 60_000);
    });
  });

  describe('rotate', () => {
    it('under the same id; the old secret works until the overlap ends, and says so', async () => {
      await boot();
      const first = await t.issue();
      t.clock.advance(1_500);
      const second = await t.keys.rotate(first.id, { overlap: '30d' });
      expect(second.id).toBe(first.id);
      expect(second.key).not.toBe(first.key);
      expect(second.overlapUntil).toEqual(new Date(START_MS + 1_500 + 30 * DAY));
      expect(second.expiresAt).toEqual(new Date(START_MS + 1_500 + 365 * DAY));
      t.events.length = 0;

      const old = await t.get('/scoped', first.key);
      expect(old.status).toBe(200);
      expect(old.headers.deprecation).toBe(`@${START_MS / 1000 + 1}`);
      expect(old.headers.sunset).toBe('Sat, 31 Jan 2026 00:00:01 GMT');
      expect(t.events.filter(({ kind }) => kind === 'api_key_superseded')).toEqual([
        {
          kind: 'api_key_superseded',
          timeMs: START_MS + 1_500,
          level: 'info',
          subject: {
            route: 'KeyController.scoped',
            method: 'GET',
            path: '/scoped',
            address: '127.0.0.1',
            principal: { id: 'alice', scheme: 'api-key' },
          },
          keyId: first.id,
          untilMs: START_MS + 1_500 + 30 * DAY,
        },
      ]);
      expect((await t.get('/scoped', first.key)).headers).toHaveProperty('deprecation');
      expect((await t.get('/scoped', second.key)).headers).not.toHaveProperty('deprecation');

      t.clock.advance(30 * DAY - 1);
      expect((await t.get('/key', first.key)).status).toBe(200);
      t.clock.advance(1);
      expect((await t.get('/key', first.key)).status).toBe(401);
      expect((await t.get('/key', second.key)).status).toBe(200);
    });

    it('at once where no overlap is wanted, remembered secrets included', async () => {
      await boot();
      const first = await t.issue();
      await t.get('/key', first.key);
      const second = await t.keys.rotate(first.id);
      await t.get('/key', first.key);
      const third = await t.keys.rotate(first.id, { overlap: 0 });
      expect((await t.get('/key', first.key)).status).toBe(401);
      expect((await t.get('/key', second.key)).status).toBe(401);
      expect((await t.get('/key', third.key)).status).toBe(200);
    });

    it('under load without refusing a call', { timeout: 30_000 }, async () => {
      await boot();
      const first = await t.issue();
      let current = first.key;
      let isOver = false;
      const statuses: number[] = [];
      const caller = async (pick: () => string) => {
        while (!isOver) statuses.push((await t.get('/scoped', pick())).status);
      };
      const callers = Array.from({ length: 6 }, (_, index) => caller(index % 2 ? () => current : () => first.key));
      for (let round = 0; round < 5; round++) {
        await new Promise((resolve) => setImmediate(resolve));
        const before = statuses.length;
        ({ key: current } = await t.keys.rotate(first.id, { overlap: '1h' }));
        while (statuses.length < before + 12) await new Promise((resolve) => setImmediate(resolve));
        t.clock.advance(1_000);
      }
      isOver = true;
      await Promise.all(callers);
      expect(statuses.length).toBeGreaterThan(60);
      expect(new Set(statuses)).toEqual(new Set([200]));
    });
  });

  describe('are revoked', () => {
    it('at once, remembered ones and old secrets too', async () => {
      await boot();
      const first = await t.issue();
      const second = await t.keys.rotate(first.id);
      for (const { key } of [first, second]) expect((await t.get('/key', key)).status).toBe(200);
      expect(await t.keys.revoke(first.id)).toBe(true);
      for (const { key } of [first, second]) expect((await t.get('/key', key)).status).toBe(401);
      expect(await t.keys.revoke(first.id)).toBe(false);
    });

    it('by another process within five seconds', async () => {
      await boot();
      const { id, key } = await t.issue();
      await t.get('/key', key);
      await t.store.revoke(id, t.clock.now());
      t.clock.advance(4_999);
      expect((await t.get('/key', key)).status).toBe(200);
      t.clock.advance(1);
      expect((await t.get('/key', key)).status).toBe(401);
    });

    it('while one of their calls is being looked up, and are not remembered for it', async () => {
      await boot();
      const { id, key } = await t.issue();
      let open!: () => void;
      t.store.gate = new Promise<void>((resolve) => (open = resolve));
      const early = t.get('/key', key);
      while (!t.store.asked.includes('find')) await new Promise((resolve) => setImmediate(resolve));
      t.store.gate = undefined;
      await t.keys.revoke(id);
      open();
      await early;
      expect((await t.get('/key', key)).status).toBe(401);
    });
  });
});
