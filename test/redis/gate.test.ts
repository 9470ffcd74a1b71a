import type { Redis } from 'ioredis';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../lib/index.js';
import type { RedisClient } from '../../lib/redis/redis-client.js';
import { RedisGate } from '../../lib/redis/redis-gate.js';
import type { RedisGateOptions } from '../../lib/redis/redis-gate.options.js';
import { redisScript, timedScript } from '../../lib/redis/redis-script.js';
import { slotOf } from '../../lib/redis/redis-slot.js';
import { redisServer, type RedisServer } from '../servers/redis-server.js';
import { canStart } from '../servers/shared.js';
import { eventsOf, quickClient, timed, until } from './outage-clients.js';
import { slowProxy } from './slow-proxy.js';

const hasRedis = await canStart('redis');

const COUNT = redisScript('count', "return redis.call('INCR', KEYS[1])");
const NOW = timedScript('now', 'return { tostring(now), tostring(grace), #ARGV }');

describe.skipIf(!hasRedis)('the gate to Redis', () => {
  let server: RedisServer;
  let client: Redis;
  let gate: RedisGate;
  let key: string;
  let number = 0;

  beforeAll(async () => {
    server = await redisServer();
  });
  afterAll(() => server?.stop());

  beforeEach(async () => {
    client = await quickClient(server.port);
    await client.flushall();
    gate = new RedisGate(client);
    key = gate.key('alice', 'count', String(number++));
  });
  afterEach(() => client.disconnect());

  const calls = async (command: string): Promise<number> => {
    const stats = await client.info('commandstats');
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };

  it('names keys by whose they are, so that one script may touch them all', () => {
    expect(gate.key('alice', 'b', 'p/')).toBe('bulwark:{alice}:b:p/');
    expect(gate.key('a{l}i%ce', 'b')).toBe('bulwark:{a%7Bl%7Di%25ce}:b:');
    expect(new RedisGate(client, { keyPrefix: 'shop' }).key('alice', 'b')).toBe('shop:{alice}:b:');
    expect(slotOf(gate.key('alice', 'b', 'x'))).toBe(slotOf(gate.key('alice', 's', 'y')));
    // The specification's own example: CRC16("123456789") is 0x31C3.
    expect(slotOf('123456789')).toBe(0x31c3);
  });

  it('sends a script whole only where the server does not know it', async () => {
    await client.script('FLUSH');
    await client.config('RESETSTAT');
    expect(await gate.run(COUNT, [key])).toBe(1);
    expect(await gate.run(COUNT, [key])).toBe(2);
    expect(await gate.run(COUNT, [key])).toBe(3);
    expect(await calls('evalsha')).toBe(3);
    expect(await calls('eval')).toBe(1);
    await client.script('FLUSH');
    expect(await gate.run(COUNT, [key])).toBe(4);
  });

  it("goes by the server's time, and by the caller's where it is told to", async () => {
    const [ms, grace, args] = (await gate.runAt(5, NOW, [key], ['a', 'b'])) as [string, string, number];
    expect(Math.abs(Number(ms) - Date.now())).toBeLessThan(5_000);
    expect([grace, args]).toEqual(['0', 2]);
    const byCaller = new RedisGate(client, { time: 'caller' });
    expect(await byCaller.runAt(1234.5, NOW, [key], ['a', 'b'])).toEqual(['1234.5', '60000', 2]);
  });

  it('honours the prefix that the client has of its own', async () => {
    const prefixed = await quickClient(server.port, { keyPrefix: 'app:' });
    await new RedisGate(prefixed).run(COUNT, ['bulwark:{x}:count:']);
    prefixed.disconnect();
    expect(await client.get('app:bulwark:{x}:count:')).toBe('1');
  });

  it('tells an answer that should never come from an outage, and stays open for others', async () => {
    await client.lpush(key, 'not a number');
    const { error } = await timed(() => gate.run(COUNT, [key]));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ code: 'store_unavailable', outage: false, reason: 'redis: WRONGTYPE in count' });
    expect((error as StoreUnavailableError).getStatus()).toBe(503);
    expect((error as StoreUnavailableError).headers).toEqual({ 'Retry-After': '1' });
    expect(JSON.stringify((error as StoreUnavailableError).problem)).not.toContain('WRONGTYPE');
    expect(gate.isDown).toBe(false);
    expect(await gate.run(COUNT, [`${key}-other`])).toBe(1);
  });

  it('takes a server that may not write for one that is down, and comes back with it', async () => {
    const events = eventsOf(gate);
    await client.config('SET', 'maxmemory', '1');
    const { error } = await timed(() => gate.run(COUNT, [key]));
    expect(error).toMatchObject({ outage: true });
    expect(gate.isDown).toBe(true);
    await client.config('SET', 'maxmemory', '0');
    await until(() => !gate.isDown);
    expect(await gate.run(COUNT, [key])).toBe(1);
    await until(() => events.length === 2);
    expect(events.map(({ kind }) => kind)).toEqual(['store_outage', 'store_recovered']);
  });

  describe('when the server is killed', () => {
    afterEach(() => server.restart());

    it('refuses at once, and never waits for a reconnect', async () => {
      const events = eventsOf(gate);
      await gate.run(COUNT, [key]);
      await server.kill();
      await until(() => client.status !== 'ready');
      const { ms } = await timed(async () => {
        for (let call = 0; call < 1000; call++) {
          const { error } = await timed(() => gate.run(COUNT, [key]));
          expect(error).toBeInstanceOf(StoreUnavailableError);
        }
      });
      expect(ms / 1000).toBeLessThan(1);
      expect(events).toMatchObject([
        { kind: 'store_outage', level: 'alert', store: 'redis', policy: 'everything: closed' },
      ]);
      expect(gate.counts).toMatchObject({ outages: 1, unanswered: 1000 });
    });

    it('is back by itself when the server is, empty as it may be', async () => {
      const events = eventsOf(gate);
      await server.kill();
      await until(() => client.status !== 'ready');
      await timed(() => gate.run(COUNT, [key]));
      await server.restart();
      await until(() => !gate.isDown);
      expect(await gate.run(COUNT, [key])).toBe(1);
      await until(() => events.length === 2);
      expect(events.map(({ kind }) => kind)).toEqual(['store_outage', 'store_recovered']);
      expect(events[1]).toMatchObject({ store: 'redis', afterMs: expect.any(Number) });
    });

    it('answers every command that was under way, even where the client forgets them', async () => {
      const forgetful = await quickClient(server.port, { autoResendUnfulfilledCommands: false });
      const other = new RedisGate(forgetful);
      server.pause();
      const underWay = Promise.allSettled(Array.from({ length: 20 }, () => other.run(COUNT, [key])));
      await server.kill();
      expect((await underWay).every(({ status }) => status === 'rejected')).toBe(true);
      forgetful.disconnect();
    });

    it('has the first commands wait for the first connection, but not for long', async () => {
      const early = await quickClient(server.port).then((ready) => {
        const again = ready.duplicate({ lazyConnect: true });
        again.on('error', () => undefined);
        ready.disconnect();
        return again;
      });
      expect(await new RedisGate(early).run(COUNT, [key])).toBe(1);
      early.disconnect();
      await server.kill();
      const late = early.duplicate({ lazyConnect: true });
      late.on('error', () => undefined);
      const { error, ms } = await timed(() => new RedisGate(late).run(COUNT, [key]));
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(ms).toBeLessThan(1000);
      late.disconnect();
    });
  });

  it('waits no longer than agreed for a server that hangs, and then not at all', async () => {
    const events = eventsOf(gate);
    server.pause();
    try {
      const waits: number[] = [];
      for (let call = 0; call < 3; call++) {
        const { error, ms } = await timed(() => gate.run(COUNT, [key]));
        expect(error).toMatchObject({ reason: 'redis: timeout' });
        waits.push(ms);
      }
      expect(Math.min(...waits)).toBeGreaterThan(95);
      expect(Math.max(...waits)).toBeLessThan(1000);
      const { error, ms } = await timed(() => gate.run(COUNT, [key]));
      expect(error).toMatchObject({ reason: 'redis: down' });
      expect(ms).toBeLessThan(50);
    } finally {
      server.resume();
    }
    await until(() => !gate.isDown);
    await until(() => events.length === 2);
    expect(events.map(({ kind }) => kind)).toEqual(['store_outage', 'store_recovered']);
    // What was sent happened when the server went on: four of five is as good as none for whoever asked.
    expect(await gate.run(COUNT, [key])).toBe(4);
  });

  it('does not take one slow answer for an outage', async () => {
    server.pause();
    const { error } = await timed(() => gate.run(COUNT, [key]));
    server.resume();
    expect(error).toMatchObject({ reason: 'redis: timeout' });
    expect(gate.isDown).toBe(false);
    expect(await gate.run(COUNT, [key])).toBe(2);
  });

  it('does not call an answer late that has arrived while this process was busy', async () => {
    const asked = gate.run(COUNT, [key]);
    await new Promise((resolve) => setImmediate(resolve));
    const busyUntil = performance.now() + 200;
    while (performance.now() < busyUntil);
    expect(await asked).toBe(1);
  });

  it('takes a server that is always too slow for one that is down, until it is fast again', async () => {
    const proxy = await slowProxy(server.port);
    const slow = await quickClient(proxy.port);
    const other = new RedisGate(slow, { commandTimeoutMs: 30 });
    const events = eventsOf(other);
    proxy.delayMs = 80;
    for (let call = 0; call < 3; call++) await timed(() => other.run(COUNT, [key]));
    // Probes are answered, but late: several of them, and it is still down.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(other.isDown).toBe(true);
    proxy.delayMs = 0;
    await until(() => !other.isDown);
    expect(await other.run(COUNT, [key])).toBe(4);
    await until(() => events.length === 2);
    expect(events.map(({ kind }) => kind)).toEqual(['store_outage', 'store_recovered']);
    slow.disconnect();
    proxy.close();
  });

  it('stays shut, and stops looking, when the app closes its client', async () => {
    client.disconnect();
    await until(() => client.status === 'end');
    expect((await timed(() => gate.run(COUNT, [key]))).error).toBeInstanceOf(StoreUnavailableError);
    await client.connect();
    await until(() => {
      void timed(() => gate.run(COUNT, [key]));
      return !gate.isDown;
    });
  });

  it('tells of a server that comes and goes as of one outage', async () => {
    const events = eventsOf(gate);
    for (let time = 0; time < 5; time++) {
      gate.outages.down('server', 'test');
      gate.outages.up('server');
    }
    await until(() => events.length === 2);
    expect(events.map(({ kind }) => kind)).toEqual(['store_outage', 'store_recovered']);
    expect(gate.counts.outages).toBe(1);
  });

  it('keeps ids apart that differ in half a character only', async () => {
    for (const place of [(id: string) => gate.key(id, 'x'), (id: string) => gate.key('a', 'x', id)]) {
      const keys = ['a\ud800', 'a\ud801', 'a%ud800', 'a\ufffd'].map(place);
      await Promise.all(keys.map((each) => client.set(each, each)));
      expect(await client.dbsize()).toBe(4);
      await client.flushall();
    }
  });

  it('says when nobody listens to the errors of its client, and nothing when somebody does', () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    try {
      eventsOf(gate);
      expect(warn).not.toHaveBeenCalled();
      const silent = client.duplicate({ lazyConnect: true });
      eventsOf(new RedisGate(silent));
      expect(warn.mock.calls).toEqual([[expect.stringContaining("client.on('error'")]]);
    } finally {
      warn.mockRestore();
    }
  });

  it('tells no app that has closed', async () => {
    const heard: string[] = [];
    const context = { events: { emit: () => heard.push('told') }, clock: { now: () => 1 } };
    const stop = gate.connect(context as unknown as Parameters<RedisGate['connect']>[0]);
    const events = eventsOf(gate);
    stop();
    gate.outages.down('server', 'test');
    gate.outages.up('server');
    await until(() => events.length === 2);
    expect([heard.length, events.length]).toEqual([0, 2]);
  });

  it.each<[what: string, options: unknown, words: string]>([
    ['an option that it does not know', { keyprefix: 'a' }, 'Did you mean `RedisGate.keyPrefix`?'],
    ['a prefix with braces', { keyPrefix: '{a}' }, 'RedisGate.keyPrefix: "{a}" is no prefix'],
    ['a timeout that is none', { commandTimeoutMs: 0 }, 'RedisGate.commandTimeoutMs: 0 is not'],
    ['another time', { time: 'servers' }, 'Did you mean "server"?'],
  ])('is not built with %s', (_what, options, words) => {
    expect(() => new RedisGate(client, options as RedisGateOptions)).toThrow(TypeError);
    expect(() => new RedisGate(client, options as RedisGateOptions)).toThrow(words);
  });

  it('is not built over what is no client', () => {
    expect(() => new RedisGate('redis://localhost' as unknown as RedisClient)).toThrow('is no ioredis client');
    expect(() => new RedisGate(undefined as unknown as RedisClient)).toThrow(TypeError);
  });
});
