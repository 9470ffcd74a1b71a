/** What nobody waits for any more, and what a boot should know before anybody waits. */

import { Logger } from '@nestjs/common';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/core/clock.js';
import { SecurityEvents } from '../../lib/core/events.js';
import {
  allPostgresStores,
  migrate,
  NotMigrated,
  PostgresGate,
  PostgresSessionStore,
  type PostgresClient,
} from '../../lib/postgres/index.js';
import { bootApp, TEST_SECRET } from '../app.js';
import { postgresServer, type PostgresServer } from '../servers/postgres-server.js';
import { canStart } from '../servers/shared.js';

const HOUR = 3_600_000;
const GRACE_MS = 1_000;
const context = { events: new SecurityEvents(), clock: systemClock };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!(await canStart('postgres')))('a database that answers late', { timeout: 60_000 }, () => {
  let server: PostgresServer;
  let pool: Pool;
  beforeAll(async () => {
    server = await postgresServer();
    pool = poolOf(1);
    await migrate(pool);
  }, 60_000);
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });
  afterEach(() => vi.restoreAllMocks());

  function poolOf(max: number, options: object = { connectionTimeoutMillis: 3_000, query_timeout: 9_000 }): Pool {
    const made = new Pool({ connectionString: server.url, max, ...options });
    made.on('error', () => {});
    return made;
  }

  const session = (id: string) => {
    const now = Date.now();
    const times = { createdAtMs: now, lastUsedAtMs: now, expiresAtMs: now + HOUR, absoluteExpiresAtMs: now + HOUR };
    return { id, subjectId: id, subject: { id }, currentDigest: `${id}-0`, ...times };
  };
  const claim = (id: string) => ({
    sessionId: id,
    presentedDigest: `${id}-0`,
    nextDigest: `${id}-1`,
    sealedNext: `${id}-1`,
    fingerprint: 'phone',
    nowMs: Date.now(),
    graceMs: GRACE_MS,
    idleMs: HOUR,
  });
  /** The only connection of the pool stands still meanwhile: what is sent waits there. */
  const whileItHangs = async (act: () => Promise<unknown>): Promise<void> => {
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    process.kill(rows[0]!.pid, 'SIGSTOP');
    try {
      await act();
    } finally {
      process.kill(rows[0]!.pid, 'SIGCONT');
    }
    await pool.query('SELECT 1');
  };
  const refusal = { code: 'store_unavailable', status: 503 };

  it('counts the grace from when it rotated, not from when it was asked: nobody is logged out', async () => {
    // By itself, so that it has no clock to tell a deadline by.
    const store = new PostgresSessionStore(pool, { commandTimeoutMs: 200 });
    await store.open(session('late'), 5, Date.now());
    await whileItHangs(async () => {
      await expect(store.rotate(claim('late'))).rejects.toMatchObject(refusal);
      await wait(GRACE_MS + 500);
    });
    expect(await store.rotate(claim('late'))).toEqual({ outcome: 'repeated', sealedNext: 'late-1' });
    await wait(GRACE_MS + 100);
    expect(await store.rotate(claim('late'))).toMatchObject({ outcome: 'reused' });
  });

  it('goes on with nothing that nobody waits for any more', async () => {
    const gate = new PostgresGate(pool, { commandTimeoutMs: 300 });
    (await gate.connect(context))();
    const { sessions, apiKeys, mfa, nonces, idempotency } = allPostgresStores(gate);
    await sessions.open(session('gone'), 5, Date.now());
    await mfa.setPending('gone', { id: 'one', sealed: 's', replaces: null, expiresAtMs: Date.now() + HOUR });
    await mfa.confirm('gone', 'one', 1, ['code'], Date.now());
    const begin = (claimed: string) => {
      const asked = { key: 'k', owner: 'o', digest: 'd', nowMs: Date.now(), leaseMs: HOUR };
      return idempotency.begin({ ...asked, claim: claimed });
    };
    await whileItHangs(async () => {
      const all = [
        sessions.rotate(claim('gone')),
        sessions.open(session('gone'), 5, Date.now()),
        mfa.claimRecoveryCode('gone', 'code'),
        mfa.claimStep('gone', 'one', 5),
        mfa.remove('gone'),
        nonces.spend('n', Date.now() + HOUR, Date.now()),
        begin('first'),
      ];
      for (const each of await Promise.allSettled(all))
        expect(each).toMatchObject({ status: 'rejected', reason: refusal });
      await wait(100);
    });
    await vi.waitFor(() => apiKeys.find('x'), { timeout: 5_000, interval: 20 });
    expect(await sessions.rotate(claim('gone'))).toEqual({ outcome: 'rotated' });
    expect(await mfa.claimRecoveryCode('gone', 'code')).toBe(true);
    expect(await mfa.claimStep('gone', 'one', 4)).toBe(true);
    expect(await nonces.spend('n', Date.now() + HOUR, Date.now())).toBe(true);
    expect(await begin('second')).toEqual({ outcome: 'started' });
  });

  it('is measured anew where one of the clocks was set, and nobody who waits is refused for it', async () => {
    let setBackMs = 100_000;
    const db: PostgresClient = {
      async query(text, parameters) {
        const answer = await pool.query<Record<string, unknown>>(text, parameters);
        const rows = answer.rows.map((row) =>
          'now_ms' in row ? { ...row, now_ms: Number(row.now_ms) - setBackMs } : row,
        );
        return { rows };
      },
    };
    const gate = new PostgresGate(db);
    (await gate.connect(context))();
    setBackMs = 0;
    const { nonces } = allPostgresStores(gate);
    expect(await nonces.spend('set', Date.now() + HOUR, Date.now())).toBe(true);
  });

  it('is probed by one question at a time, however long nobody answers', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    let asked = 0;
    const silent: PostgresClient = { query: () => (asked++, new Promise(() => undefined)) };
    const store = new PostgresSessionStore(silent, { commandTimeoutMs: 20 });
    for (let call = 0; call < 3; call++) await expect(store.find('a', 0)).rejects.toMatchObject(refusal);
    await wait(900);
    expect(asked).toBe(4);
  });

  it('and only reads is down until it writes again', async () => {
    const db = poolOf(1);
    const gate = new PostgresGate(db);
    const { nonces } = allPostgresStores(gate);
    const admin = poolOf(1, { options: '-c default_transaction_read_only=off' });
    const setReadOnly = async (value: 'on' | 'off'): Promise<void> => {
      await admin.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await admin.query('SELECT pg_reload_conf()');
      await vi.waitFor(async () => {
        const { rows } = await db.query<{ is: string }>("SELECT current_setting('transaction_read_only') AS is");
        expect(rows[0]!.is).toBe(value);
      });
    };
    await setReadOnly('on');
    for (let call = 0; call < 3; call++)
      await expect(nonces.spend(`r${call}`, Date.now() + HOUR, Date.now())).rejects.toMatchObject(refusal);
    await wait(600);
    expect([gate.isDown, gate.counts.outages]).toEqual([true, 1]);
    await setReadOnly('off');
    await vi.waitFor(() => expect(gate.isDown).toBe(false), { timeout: 3_000, interval: 20 });
    await Promise.all([db.end(), admin.end()]);
  });

  it('is an outage while it refuses the password, not a mistake of each caller', async () => {
    const locked = new Pool({ connectionString: server.url.replace(/:[^:@]*@/, ':wrong@'), max: 2 });
    const store = new PostgresSessionStore(locked);
    for (let call = 0; call < 3; call++)
      await expect(store.find('a', 0)).rejects.toMatchObject({ reason: 'postgres: 28P01', outage: true });
    await expect(store.find('a', 0)).rejects.toMatchObject({ reason: 'postgres: down' });
    await locked.end();
  });

  describe('at the boot of an app', () => {
    const boot = (db: PostgresClient, schema?: string) =>
      bootApp({
        platform: 'express',
        controllers: [],
        security: { jwt: { secret: TEST_SECRET }, stores: allPostgresStores(db, schema ? { schema } : {}) },
      });

    it('stops it where nobody has called migrate(), and says so', async () => {
      await expect(boot(pool, 'never_migrated')).rejects.toThrow(NotMigrated);
      await expect(boot(pool, 'never_migrated')).rejects.toThrow('Call `await migrate(pool)` before the app starts');
      await (await boot(pool)).close();
    });

    it('stops none where the database is away: it is closed until it is back', async () => {
      const gone = new Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none', connectionTimeoutMillis: 500 });
      vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
      const app = await boot(gone);
      expect(app.events.filter(({ kind }) => kind === 'store_outage')).toHaveLength(1);
      await app.close();
      await gone.end();
    });

    it('says what a pool lacks that would end the process, or wait for ever', async () => {
      const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
      const careless = new Pool({ connectionString: server.url });
      (await new PostgresGate(careless).connect(context))();
      const lines = warn.mock.calls.map(([line]) => String(line));
      expect(lines).toEqual([
        expect.stringContaining("client.on('error'"),
        expect.stringContaining('connectionTimeoutMillis and query_timeout'),
      ]);
      warn.mockClear();
      (await new PostgresGate(pool).connect(context))();
      expect(warn).not.toHaveBeenCalled();
      await careless.end();
    });

    it('is asked once for all stores that share a gate', async () => {
      let asked = 0;
      const counted: PostgresClient = { query: (text, parameters) => (asked++, pool.query(text, parameters)) };
      const app = await boot(counted);
      expect(asked).toBe(2);
      await app.close();
    });
  });
});
