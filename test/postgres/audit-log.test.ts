import { Controller, Get, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Public, Returns, Roles, SecurityLog, type SecurityEvent } from '../../lib/index.js';
import {
  PostgresAuditLog,
  verifyAuditChain,
  type ChainHead,
  type PostgresAuditLogOptions,
  type PostgresClient,
  type VerifyAuditOptions,
} from '../../lib/postgres/index.js';
import { bootApp, PLATFORMS, START_MS } from '../app.js';
import { tokenFor } from '../tokens.js';
import { onEachDatabase, onRealDatabase } from './databases.js';

const KEY = 'a key that no database has ever seen';

const event = (name: string, change: Partial<SecurityEvent> = {}): SecurityEvent =>
  ({ kind: 'app', name, level: 'info', timeMs: START_MS, subject: {}, ...change }) as SecurityEvent;

interface Row {
  readonly seq: number;
  readonly kind: string;
  readonly level: string;
  readonly time_ms: number;
  readonly event: string;
}

const rowsOf = async (db: PostgresClient, schema: string): Promise<readonly Row[]> => {
  const text = `SELECT row_to_json(a)::text AS answer FROM ${schema}.audit_log AS a ORDER BY seq`;
  const { rows } = await db.query(text);
  return rows.map((row) => JSON.parse((row as { answer: string }).answer) as Row);
};
const namesOf = async (db: PostgresClient, schema: string): Promise<readonly string[]> =>
  (await rowsOf(db, schema)).map((row) => (JSON.parse(row.event) as { name: string }).name);

/** As the owner of the table can: the triggers off, the change, the triggers on. */
async function tamper(db: PostgresClient, schema: string, ...changes: string[]): Promise<void> {
  await db.query(`ALTER TABLE ${schema}.audit_log DISABLE TRIGGER ALL`);
  for (const change of changes) await db.query(change.replaceAll('audit_log', `${schema}.audit_log`));
  await db.query(`ALTER TABLE ${schema}.audit_log ENABLE ALWAYS TRIGGER audit_log_is_append_only`);
}

/** A connection that fails as it is told to. */
class Unreliable implements PostgresClient {
  fails: 'never' | 'before' | 'after' = 'never';
  constructor(private readonly db: PostgresClient) {}
  async query(...[text, parameters]: Parameters<PostgresClient['query']>) {
    if (this.fails === 'before') throw Object.assign(new Error('refused'), { code: '57P01' });
    const answer = await this.db.query(text, parameters);
    // What was asked has happened, and nobody hears of it.
    if (this.fails === 'after') throw new Error('Connection terminated unexpectedly');
    return answer;
  }
}

@Controller()
class DoorsController {
  @Get('open')
  @Public()
  @Returns(String)
  open() {
    return '';
  }
  @Get('closed')
  @Roles('admin')
  @Returns(String)
  closed() {
    return '';
  }
}

const logs: PostgresAuditLog[] = [];

afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close()));
  vi.restoreAllMocks();
});

await onEachDatabase((name, database) => {
  describe(`the audit log on ${name}`, () => {
    const logOn = (options: PostgresAuditLogOptions = {}, db = database().db): PostgresAuditLog => {
      const log = new PostgresAuditLog(db, { schema: database().schema, flushEveryMs: 60_000, ...options });
      logs.push(log);
      return log;
    };
    const written = async (...names: string[]): Promise<PostgresAuditLog> => {
      const log = logOn();
      for (const each of names) log.write(event(each));
      await log.flush();
      return log;
    };
    const verdict = (options: VerifyAuditOptions = {}) =>
      verifyAuditChain(database().db, { schema: database().schema, ...options });

    beforeEach(() => tamper(database().db, database().schema, 'DELETE FROM audit_log'));

    it('keeps events in the order they came, redacted, and all that is known of them', async () => {
      const { db, schema } = database();
      const log = logOn();
      log.write(event('first'));
      log.write(event('second', { level: 'alert', detail: { password: 'hunter2' } } as Partial<SecurityEvent>));
      expect(log.waiting).toBe(2);
      await log.flush();
      expect(log.waiting).toBe(0);
      expect(await namesOf(db, schema)).toEqual(['first', 'second']);
      expect((await rowsOf(db, schema))[1]).toMatchObject({ seq: 2, kind: 'app', level: 'alert', time_ms: START_MS });
      expect((await rowsOf(db, schema))[1]!.event).not.toContain('hunter2');
      expect(await verdict()).toMatchObject({ intact: true, rows: 2, head: { seq: 2 } });
    });

    it('is intact while it is empty', async () => {
      expect(await verdict()).toEqual({ intact: true, rows: 0, head: { seq: 0, hash: '0'.repeat(64) } });
    });

    it('keeps what two processes tell in the same words at the same time', async () => {
      const { db, schema } = database();
      await written('hello');
      await written('hello');
      const [first, second] = [logOn(), logOn()];
      for (const log of [first, second]) {
        log.write(event('again'));
        await log.flush();
      }
      expect(await namesOf(db, schema)).toEqual(['hello', 'hello', 'again', 'again']);
      expect(await verdict()).toMatchObject({ intact: true, rows: 4 });
    });

    it('is written by itself, soon', async () => {
      const { db, schema } = database();
      const log = logOn({ flushEveryMs: 1 });
      log.write(event('soon'));
      await vi.waitFor(async () => expect(await namesOf(db, schema)).toEqual(['soon']));
    });

    it('takes thousands at once, and reads them back', async () => {
      const log = logOn();
      for (let count = 0; count < 2_500; count++) log.write(event(`e${count}`));
      await log.flush();
      expect(await verdict()).toMatchObject({ intact: true, rows: 2_500 });
      expect((await namesOf(database().db, database().schema)).at(-1)).toBe('e2499');
    });

    it('is continued by another process, and by one after a restart', async () => {
      const first = await written('a');
      const second = await written('b');
      first.write(event('c'));
      await first.flush();
      second.write(event('d'));
      second.write(event('e'));
      await second.flush();
      expect(await namesOf(database().db, database().schema)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await verdict()).toMatchObject({ intact: true, rows: 5 });
    });

    it.each([
      'UPDATE audit_log SET event = event',
      'UPDATE audit_log SET level = $$debug$$ WHERE seq = 0',
      'DELETE FROM audit_log',
      'DELETE FROM audit_log WHERE seq = 0',
      'TRUNCATE audit_log',
      'INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (seq) DO UPDATE SET event = $$x$$',
    ])('refuses %s', async (change) => {
      const { db, schema } = database();
      await written('a');
      await expect(db.query(change.replaceAll('audit_log', `${schema}.audit_log`))).rejects.toThrow(
        /audit_log is append-only: no (?:UPDATE|DELETE|TRUNCATE)/,
      );
      expect(await namesOf(db, schema)).toEqual(['a']);
    });

    describe.each<[what: string, changes: string[], seq: number, problem: string]>([
      ['an event', ["UPDATE audit_log SET event = replace(event, 'c', 'x') WHERE seq = 3"], 3, 'altered'],
      ['a time', ['UPDATE audit_log SET time_ms = time_ms + 1 WHERE seq = 3'], 3, 'altered'],
      ['a level', ["UPDATE audit_log SET level = 'debug' WHERE seq = 3"], 3, 'altered'],
      ['a kind', ["UPDATE audit_log SET kind = 'x' WHERE seq = 3"], 3, 'altered'],
      ['a hash', ["UPDATE audit_log SET hash = repeat('0', 64) WHERE seq = 3"], 3, 'altered'],
      ['a row away', ['DELETE FROM audit_log WHERE seq = 3'], 3, 'missing'],
      ['the first row away', ['DELETE FROM audit_log WHERE seq = 1'], 1, 'missing'],
      [
        'a row away and the others up',
        [
          'DELETE FROM audit_log WHERE seq = 3',
          'UPDATE audit_log SET seq = seq - 1 WHERE seq = 4',
          'UPDATE audit_log SET seq = seq - 1 WHERE seq = 5',
        ],
        3,
        'altered',
      ],
      [
        'two rows into each other’s place',
        [
          'UPDATE audit_log SET seq = 100 WHERE seq = 2',
          'UPDATE audit_log SET seq = 2 WHERE seq = 3',
          'UPDATE audit_log SET seq = 3 WHERE seq = 100',
        ],
        2,
        'altered',
      ],
      [
        'in a row of its own',
        ['INSERT INTO audit_log SELECT 6, id, time_ms, kind, level, event, hash FROM audit_log WHERE seq = 5'],
        6,
        'altered',
      ],
      [
        'a row in beyond the end',
        ['INSERT INTO audit_log SELECT 9, id, time_ms, kind, level, event, hash FROM audit_log WHERE seq = 5'],
        6,
        'missing',
      ],
    ])('whose owner puts %s', (_what, changes, seq, problem) => {
      it(`is ${problem} from row ${seq} on`, async () => {
        await written('a', 'b', 'c', 'd', 'e');
        await tamper(database().db, database().schema, ...changes);
        expect(await verdict()).toEqual({ intact: false, seq, problem });
      });
    });

    it('does not lose its last rows unseen where somebody kept its head', async () => {
      await written('a', 'b', 'c');
      const before = await verdict();
      const knownHead = (before as { head: ChainHead }).head;
      expect(await verdict({ knownHead })).toMatchObject({ intact: true });
      await tamper(database().db, database().schema, 'DELETE FROM audit_log WHERE seq > 1');
      expect(await verdict()).toMatchObject({ intact: true, rows: 1 });
      expect(await verdict({ knownHead })).toEqual({ intact: false, seq: 2, problem: 'missing' });
    });

    it('is not written anew unseen where somebody kept its head', async () => {
      await written('a', 'b', 'c');
      const { head: knownHead } = (await verdict()) as { head: ChainHead };
      await tamper(database().db, database().schema, 'DELETE FROM audit_log');
      await written('nothing', 'happened', 'here', 'at all');
      expect(await verdict()).toMatchObject({ intact: true, rows: 4 });
      expect(await verdict({ knownHead })).toEqual({ intact: false, seq: 3, problem: 'altered' });
    });

    it('is not written anew by anybody who has not the key', async () => {
      const log = logOn({ key: KEY });
      log.write(event('a'));
      await log.flush();
      expect(await verdict({ keys: [KEY] })).toMatchObject({ intact: true, rows: 1 });
      expect(await verdict({ keys: ['another key of at least 32 bytes!'] })).toMatchObject({
        seq: 1,
        problem: 'altered',
      });
      await tamper(database().db, database().schema, 'DELETE FROM audit_log');
      await written('nothing');
      expect(await verdict()).toMatchObject({ intact: true });
      expect(await verdict({ keys: [KEY] })).toEqual({ intact: false, seq: 1, problem: 'altered' });
    });

    it('is verified from a row on where older ones were archived', async () => {
      await written('a', 'b');
      const { head: after } = (await verdict()) as { head: ChainHead };
      await written('c');
      await tamper(database().db, database().schema, 'DELETE FROM audit_log WHERE seq <= 2');
      expect(await verdict()).toEqual({ intact: false, seq: 1, problem: 'missing' });
      expect(await verdict({ after })).toMatchObject({ intact: true, rows: 1, head: { seq: 3 } });
      expect(await verdict({ after: { ...after, hash: 'f'.repeat(64) } })).toMatchObject({
        seq: 3,
        problem: 'altered',
      });
    });

    it('says so, there and in the log, when rows that it wrote are gone', async () => {
      const { db, schema } = database();
      const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
      const log = await written('a', 'b');
      await tamper(db, schema, 'DELETE FROM audit_log WHERE seq = 2');
      log.write(event('c'));
      await log.flush();
      expect(error).toHaveBeenCalledWith(expect.stringContaining('tampered with, or put back from a copy: row 2'));
      expect(await namesOf(db, schema)).toEqual(['a', 'c', 'audit_chain_broken']);
      expect(JSON.parse((await rowsOf(db, schema))[2]!.event)).toMatchObject({ level: 'alert', detail: { seq: 2 } });
    });

    it('keeps events while the database is away, and writes them in order when it is back', async () => {
      const { db, schema } = database();
      const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
      vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
      const connection = new Unreliable(db);
      const log = logOn({}, connection);
      connection.fails = 'before';
      for (const each of ['a', 'b', 'c']) log.write(event(each));
      await expect(log.flush()).rejects.toMatchObject({
        code: 'store_unavailable',
        reason: 'postgres: 3 audit events wait',
      });
      log.write(event('d'));
      await expect(log.flush()).rejects.toThrow(/audit events? wait/);
      expect(log.waiting).toBe(4);
      expect(error.mock.calls).toEqual([
        [expect.stringContaining('cannot be written: postgres: 57P01. 3 events wait.')],
      ]);
      connection.fails = 'never';
      await vi.waitFor(() => log.flush(), { timeout: 3_000 });
      expect(await namesOf(db, schema)).toEqual(['a', 'b', 'c', 'd']);
      expect(await verdict()).toMatchObject({ intact: true });
    });

    it('writes each event once, also where an answer is lost on the way', async () => {
      const { db, schema } = database();
      vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
      const connection = new Unreliable(db);
      const log = logOn({}, connection);
      log.write(event('a'));
      await log.flush();
      connection.fails = 'after';
      log.write(event('b'));
      await expect(log.flush()).rejects.toThrow(/audit events? wait/);
      expect(await namesOf(db, schema)).toEqual(['a', 'b']);
      log.write(event('c'));
      // Somebody else writes meanwhile.
      await written('x');
      connection.fails = 'never';
      await log.flush();
      expect(await namesOf(db, schema)).toEqual(['a', 'b', 'x', 'c']);
      expect(await verdict()).toMatchObject({ intact: true });
    });

    it('keeps as many as there is room for, and says in their place how many were lost', async () => {
      const { db, schema } = database();
      const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
      const connection = new Unreliable(db);
      connection.fails = 'after';
      const log = logOn({ maxWaiting: 3 }, connection);
      for (let count = 0; count < 8; count++) log.write(event(`e${count}`, { timeMs: START_MS + count }));
      expect(log.lost).toBe(5);
      expect(error.mock.calls).toEqual([[expect.stringContaining('from now on events are lost')]]);
      connection.fails = 'never';
      await log.flush();
      log.write(event('later'));
      await log.flush();
      expect(await namesOf(db, schema)).toEqual(['e0', 'e1', 'e2', 'audit_events_lost', 'later']);
      const { detail } = JSON.parse((await rowsOf(db, schema))[3]!.event) as { detail: unknown };
      expect(detail).toEqual({ count: 5, fromMs: START_MS + 3, toMs: START_MS + 7 });
    });

    it('says how much it could not write when it is closed', async () => {
      const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
      vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
      const connection = new Unreliable(database().db);
      connection.fails = 'before';
      const log = new PostgresAuditLog(connection, { schema: database().schema });
      log.write(event('a'));
      await log.close();
      expect(error).toHaveBeenCalledWith('The audit log ends without 1 events that could not be written.');
    });

    it.each(PLATFORMS)('holds what an app on %s decided, once the app is closed', async (platform) => {
      const { db, schema } = database();
      const sink = new PostgresAuditLog(db, { schema, level: 'info', flushEveryMs: 60_000 });
      const app = await bootApp({ platform, controllers: [DoorsController], security: { audit: { sinks: [sink] } } });
      await app.send('GET /open');
      await app.send('GET /closed');
      await app.send('GET /closed', { token: await tokenFor('alice') });
      app.app.get(SecurityLog).record({ name: 'last', detail: { note: "'); DROP TABLE audit_log; -- \u0000" } });
      await app.close();
      const rows = await rowsOf(db, schema);
      expect(rows.map(({ kind }) => kind)).toEqual(['access_refused', 'access_refused', 'app']);
      expect(JSON.parse(rows[1]!.event)).toMatchObject({ code: 'forbidden', subject: { principal: { id: 'alice' } } });
      expect(JSON.parse(rows[2]!.event)).toMatchObject({ detail: { note: "'); DROP TABLE audit_log; -- \u0000" } });
      expect(await verdict()).toMatchObject({ intact: true, rows: 3 });
    });

    it.each<[option: string, options: PostgresAuditLogOptions]>([
      ['key', { key: 'too short' }],
      ['level', { level: 'loud' as 'alert' }],
      ['flushEveryMs', { flushEveryMs: 0 }],
      ['maxWaiting', { maxWaiting: 0.5 }],
      ['commandTimeoutMs', { commandTimeoutMs: NaN }],
      ['schema', { schema: 'No' }],
      ['maxWaitin', { maxWaitin: 5 } as object],
    ])('names the option that is wrong: %s', (option, options) => {
      const build = () => new PostgresAuditLog(database().db, options);
      expect(build).toThrow(TypeError);
      expect(build).toThrow(`PostgresAuditLog.${option}: `);
      expect(build).not.toThrow('too short');
    });

    it('holds no row before its first one, nor one that no number tells exactly', async () => {
      const { db, schema } = database();
      const insert = (seq: string) =>
        db.query(
          `INSERT INTO ${schema}.audit_log (seq, id, time_ms, kind, level, event, hash)
           VALUES (${seq}, 'x', 0, 'app', 'info', '{}', repeat('0', 64))`,
        );
      for (const seq of ['0', '-5', '9007199254740992'])
        await expect(insert(seq)).rejects.toMatchObject({ code: '23514' });
      // Who owns the table can do otherwise, and is found out.
      await db.query(`ALTER TABLE ${schema}.audit_log DROP CONSTRAINT audit_log_seq_check`);
      try {
        await insert('-5');
        expect(await verdict()).toEqual({ intact: false, seq: -5, problem: 'altered' });
      } finally {
        await db.query(`ALTER TABLE ${schema}.audit_log DISABLE TRIGGER audit_log_is_append_only`);
        await db.query(`DELETE FROM ${schema}.audit_log WHERE seq < 1`);
        await db.query(`ALTER TABLE ${schema}.audit_log ENABLE ALWAYS TRIGGER audit_log_is_append_only`);
        await db.query(
          `ALTER TABLE ${schema}.audit_log ADD CONSTRAINT audit_log_seq_check CHECK (seq BETWEEN 1 AND 9007199254740991)`,
        );
      }
    });

    it('is not said to be intact by a head that nobody looks at', async () => {
      const [after, knownHead] = [
        { seq: 4, hash: 'a'.repeat(64) },
        { seq: 2, hash: '0'.repeat(64) },
      ];
      await expect(verdict({ after, knownHead })).rejects.toThrow(RangeError);
      await expect(verdict({ after, knownHead })).rejects.toThrow('knownHead: row 2 is not read');
    });

    it.each<[option: string, options: VerifyAuditOptions]>([
      ['keys[0]', { keys: ['short'] }],
      ['after', { after: { seq: -1, hash: '' } }],
      ['knownHead', { knownHead: { seq: 1, hash: 'x' } }],
      ['known', { known: 1 } as object],
    ])('is not verified with a wrong option: %s', async (option, options) => {
      await expect(verdict(options)).rejects.toThrow(`verifyAuditChain.${option}: `);
    });
  });
});

await onRealDatabase((_name, database) => {
  it('is one chain where many processes write at once', async () => {
    const { db, schema } = database();
    const many = Array.from({ length: 8 }, () => new PostgresAuditLog(db, { schema, flushEveryMs: 1 }));
    const names: string[] = [];
    await Promise.all(
      many.map(async (log, process) => {
        for (let count = 0; count < 50; count++) {
          names.push(`p${process}-${count}`);
          log.write(event(`p${process}-${count}`));
          if (count % 7 === 0) await log.flush();
        }
        await log.close();
      }),
    );
    expect(await verifyAuditChain(db, { schema })).toMatchObject({ intact: true, rows: 400 });
    const kept = await namesOf(db, schema);
    expect(kept.toSorted()).toEqual(names.toSorted());
    for (let process = 0; process < 8; process++) {
      const own = kept.filter((each) => each.startsWith(`p${process}-`));
      expect(own).toEqual(Array.from({ length: 50 }, (_, count) => `p${process}-${count}`));
    }
  });
});
