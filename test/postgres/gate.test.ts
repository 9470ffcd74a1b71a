import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureOf, PostgresTimeout } from '../../lib/postgres/postgres-failure.js';
import {
  PostgresApiKeyStore,
  PostgresMfaStore,
  PostgresSessionStore,
  postgresStores,
  type PostgresClient,
} from '../../lib/postgres/index.js';

const failure = (code?: string): Error =>
  Object.assign(new Error('what was in the row'), code === undefined ? {} : { code });

/** Answers as it is told to, and counts how often it is asked. */
class Told implements PostgresClient {
  asked = 0;
  ended = false;
  constructor(public answer: () => Promise<{ readonly rows: readonly unknown[] }>) {}
  query() {
    this.asked++;
    return this.answer();
  }
}

const fails = (code?: string) => () => Promise.reject(failure(code));
const answers = () => Promise.resolve({ rows: [] });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what a failure means', () => {
  it.each<[code: string | undefined, outage: boolean, isDown: boolean]>([
    ['ECONNREFUSED', true, true],
    ['ENOTFOUND', true, true],
    ['ECONNRESET', true, false],
    ['EPIPE', true, false],
    ['XX000', true, false],
    ['P0001', false, false],
    [undefined, true, false],
    ['08006', true, false],
    ['53300', true, false],
    ['57P01', true, false],
    ['57P03', true, true],
    ['57014', true, false],
    ['55P03', true, false],
    ['25006', true, false],
    ['58030', true, false],
    ['40001', true, false],
    ['22P02', false, false],
    ['23505', false, false],
    ['42501', false, false],
    ['28P01', true, false],
    ['28000', true, false],
    ['3D000', true, false],
    ['BW001', true, false],
  ])('%s: an outage %s, down %s', (code, outage, isDown) => {
    expect(failureOf(failure(code))).toEqual({
      why: code === 'BW001' ? 'timeout' : (code ?? 'connection'),
      outage,
      isDown,
    });
  });

  it('a timeout is an outage, and says nothing of whether it happened', () => {
    expect(failureOf(new PostgresTimeout())).toEqual({ why: 'timeout', outage: true, isDown: false });
  });

  it('of several addresses that were tried the first one tells', () => {
    expect(failureOf(new AggregateError([failure('ECONNREFUSED')]))).toMatchObject({
      why: 'ECONNREFUSED',
      isDown: true,
    });
  });

  it.each(['3F000', '42P01', '42883'])('%s says that migrate() was forgotten', (code) => {
    expect(failureOf(failure(code))).toEqual({ why: `${code}, call migrate() first`, outage: false, isDown: false });
  });

  it.each([null, undefined, 'text', 7, { code: 7 }])('%j that somebody threw is an outage', (thrown) => {
    expect(failureOf(thrown)).toEqual({ why: 'connection', outage: true, isDown: false });
  });
});

describe('a store whose client fails', () => {
  it('refuses with 503, and the message of the database is in its cause only', async () => {
    const error = await new PostgresSessionStore(new Told(fails('22P02'))).find('a', 0).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toMatchObject({ code: 'store_unavailable', status: 503, reason: 'postgres: 22P02', outage: false });
    expect(error!.message).not.toContain('row');
    expect(error!.cause).toMatchObject({ message: 'what was in the row' });
  });

  it('refuses also where the client throws instead of rejecting', async () => {
    const db = new Told(() => {
      throw failure();
    });
    await expect(new PostgresSessionStore(db).find('a', 0)).rejects.toMatchObject({ reason: 'postgres: connection' });
  });

  it('never asks twice for what may have happened', async () => {
    for (const code of ['ECONNRESET', '08006', '57P01', undefined]) {
      vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
      const db = new Told(fails(code));
      const asked = new PostgresMfaStore(db).claimStep('alice', 'one', 1);
      await expect(asked).rejects.toMatchObject({ code: 'store_unavailable' });
      expect(db.asked).toBe(1);
    }
  });

  it('asks again where the server took it back, and not for ever', async () => {
    let rest = 3;
    const db = new Told(() => (rest-- > 0 ? fails('40P01')() : answers()));
    expect(await new PostgresMfaStore(db).claimStep('alice', 'one', 1)).toBe(false);
    expect(db.asked).toBe(4);
    const never = new Told(fails('40001'));
    await expect(new PostgresMfaStore(never).find('alice')).rejects.toMatchObject({ reason: 'postgres: 40001' });
    expect(never.asked).toBe(6);
  });

  it('asks no more after three failures in a row, until a probe is answered, and says both once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
    const db = new Told(fails('ECONNRESET'));
    const { sessions, apiKeys } = postgresStores(db);
    for (let count = 0; count < 3; count++)
      await expect(sessions.find('a', 0)).rejects.toMatchObject({ reason: 'postgres: ECONNRESET' });
    const asked = db.asked;
    for (const store of [sessions, apiKeys])
      await expect(store.find('a', 0)).rejects.toMatchObject({ reason: 'postgres: down' });
    expect(db.asked).toBe(asked);
    db.answer = answers;
    await vi.waitFor(() => sessions.find('a', 0), { timeout: 2_000, interval: 20 });
    expect(await apiKeys.find('a')).toBeUndefined();
    expect(warn.mock.calls).toEqual([['postgres cannot be reached: ECONNRESET. Until it is back everything: closed.']]);
    await vi.waitFor(() => expect(log).toHaveBeenCalled(), { timeout: 3_000 });
    expect(log.mock.calls).toEqual([[expect.stringMatching(/^postgres is back, after \d+ ms\.$/)]]);
  });

  it('goes on asking where failures are no outage, or come between good answers', async () => {
    const db = new Told(fails('23505'));
    const store = new PostgresSessionStore(db);
    for (let count = 0; count < 10; count++) await store.find('a', 0).catch(() => {});
    expect(db.asked).toBe(10);
    for (let count = 0; count < 10; count++) {
      db.answer = count % 3 === 2 ? answers : fails('ECONNRESET');
      await store.find('a', 0).catch(() => {});
    }
    expect(db.asked).toBe(20);
  });

  it('probes a client no more that the app has closed', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const db = new Told(fails('ECONNREFUSED'));
    db.ended = true;
    await new PostgresSessionStore(db).find('a', 0).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(db.asked).toBe(1);
  });
});

describe('the options of the stores', () => {
  const db = new Told(answers);
  it.each([
    ['PostgresSessionStore', PostgresSessionStore],
    ['PostgresApiKeyStore', PostgresApiKeyStore],
    ['PostgresMfaStore', PostgresMfaStore],
  ])('of %s are checked when it is made', (name, Store) => {
    expect(() => new Store(db, { schema: 'x-y' })).toThrow(
      `${name}.schema: "x-y" is no name for a schema. Use lower case`,
    );
    expect(() => new Store(db, { commandTimeoutMs: 0 })).toThrow(
      `${name}.commandTimeoutMs: 0 is not a positive finite number.`,
    );
    expect(() => new Store(db, { schemas: 'x' } as object)).toThrow(`Did you mean \`${name}.schema\`?`);
    expect(() => new Store(undefined as unknown as PostgresClient)).toThrow(
      `${name}: undefined has no query(). Use new Pool(`,
    );
    expect(() => new Store(db, { schema: 'a_1', commandTimeoutMs: 5 })).not.toThrow();
  });

  it('of all at once are checked the same', () => {
    expect(() => postgresStores(db, { schema: '' })).toThrow('postgresStores.schema: "" is no name for a schema.');
    expect(() => postgresStores({} as PostgresClient)).toThrow('postgresStores: an object has no query().');
    expect(Object.keys(postgresStores(db))).toEqual(['sessions', 'apiKeys', 'mfa']);
  });
});
