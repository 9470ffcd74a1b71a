import { Body, Controller, Get, Inject, Logger, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../lib/core/store-unavailable.js';
import { ApiKeyService, Authenticate, Public, Returns, TokenService, TotpService } from '../../lib/index.js';
import type { RotationOutcome, StoredSession } from '../../lib/authentication/sessions/session.store.js';
import {
  migrate,
  PostgresSessionStore,
  postgresStores,
  verifyAuditChain,
  PostgresAuditLog,
} from '../../lib/postgres/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { postgresServer, type PostgresServer } from '../servers/postgres-server.js';
import { canStart } from '../servers/shared.js';

const T = 1_767_225_600_000;
const HOUR = 3_600_000;
const SESSIONS = 24;
/** The test servers forget in a crash what they were told last; a database that keeps sessions must not. */
const COMMITTED = '-c synchronous_commit=on';

const session = (id: string): StoredSession => ({
  id,
  subjectId: `user of ${id}`,
  subject: { id: `user of ${id}` },
  createdAtMs: T,
  lastUsedAtMs: T,
  expiresAtMs: T + HOUR,
  absoluteExpiresAtMs: T + HOUR,
  currentDigest: `${id}-0`,
});

/** A client that rotates its token as often as it can, and again with the same one where it got no answer. */
class RotatingClient {
  /** The number of its current token. */
  current = 0;
  refused = 0;
  readonly outcomes = new Map<RotationOutcome['outcome'], number>();

  constructor(
    private readonly store: PostgresSessionStore,
    readonly id: string,
  ) {}

  async rotateUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.rotateOnce();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async rotateOnce(): Promise<void> {
    const [presented, next] = [`${this.id}-${this.current}`, `${this.id}-${this.current + 1}`];
    const how = { fingerprint: 'phone', nowMs: T, graceMs: 60_000, idleMs: HOUR };
    try {
      const { outcome } = await this.store.rotate({
        sessionId: this.id,
        presentedDigest: presented,
        nextDigest: next,
        sealedNext: next,
        ...how,
      });
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      // Rotated, or told that it was before: either way this is the current token now.
      if (outcome === 'rotated' || outcome === 'repeated') this.current++;
    } catch (error) {
      // Anything else is no answer to an outage, and fails the test.
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.refused++;
    }
  }
}

class LoginInput {
  @IsString()
  name!: string;
}

@Controller()
class DoorController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(TotpService) private readonly codes: TotpService,
  ) {}
  @Post('login')
  @Public()
  @Returns(Object)
  async login(@Body() { name }: LoginInput) {
    return this.tokens.issue({ id: name });
  }
  @Post('code')
  @Public()
  @Returns(Boolean)
  async code() {
    return this.codes.verify('alice', '123456');
  }
  @Get('report')
  @Authenticate('api-key')
  @Returns(String)
  report() {
    return 'all is well';
  }
}

const isHere = await canStart('postgres');

describe.skipIf(!isHere)('where Postgres goes away', { timeout: 60_000 }, () => {
  let server: PostgresServer;
  let pool: Pool;
  beforeAll(async () => {
    server = await postgresServer();
    pool = new Pool({ connectionString: server.url, max: 10, options: COMMITTED });
    // A connection that breaks while nobody uses it.
    pool.on('error', () => {});
    await migrate(pool);
  }, 60_000);
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });
  afterEach(() => vi.restoreAllMocks());

  const isBack = () => vi.waitFor(() => pool.query('SELECT 1'), { timeout: 20_000, interval: 50 });
  const quietly = () => {
    for (const method of ['error', 'warn', 'log'] as const)
      vi.spyOn(Logger.prototype, method).mockImplementation(() => {});
  };

  it.each([
    ['restarted in order', (): Promise<void> => server.restart()],
    ['killed and started again', (): Promise<void> => server.kill().then(() => server.restart())],
  ])('and is %s while sessions are rotated, no session is lost and none doubled', async (how, goAway) => {
    quietly();
    const store = new PostgresSessionStore(pool, { commandTimeoutMs: 500 });
    const clients = Array.from({ length: SESSIONS }, (_, index) => new RotatingClient(store, `${how} ${index}`));
    for (const { id } of clients) await store.open(session(id), 5, T);
    let isOver = false;
    const running = clients.map((client) => client.rotateUntil(() => isOver));
    await vi.waitFor(() => expect(clients.every(({ current }) => current > 3)).toBe(true), { timeout: 20_000 });
    await goAway();
    const marks = clients.map(({ current }) => current);
    await vi.waitFor(() => expect(clients.every(({ current }, index) => current > marks[index]! + 3)).toBe(true), {
      timeout: 20_000,
    });
    isOver = true;
    await Promise.all(running);

    for (const { id, current, outcomes } of clients) {
      // Never `reused`, `unknown` or `expired`: an answer that was lost is given again.
      expect([...outcomes.keys()].filter((outcome) => outcome !== 'rotated' && outcome !== 'repeated')).toEqual([]);
      expect(await store.find(id, T)).toMatchObject({ currentDigest: `${id}-${current}` });
      expect(await store.list(`user of ${id}`, T)).toHaveLength(1);
    }
    expect(clients.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
  });

  it('every call is refused in microseconds once it is known to be down, and served soon after it is back, without a restart', async () => {
    quietly();
    const store = new PostgresSessionStore(pool);
    await store.open(session('quick'), 5, T);
    await server.kill();
    try {
      await vi.waitFor(() => expect(store.find('quick', T)).rejects.toMatchObject({ reason: 'postgres: down' }));
      const startMs = performance.now();
      for (let count = 0; count < 1_000; count++) await store.find('quick', T).catch(() => {});
      expect((performance.now() - startMs) / 1_000).toBeLessThan(0.5);
    } finally {
      await server.restart();
    }
    await isBack();
    await vi.waitFor(() => store.find('quick', T), { timeout: 2_000, interval: 20 });
    expect(await store.find('quick', T)).toEqual(session('quick'));
  });

  it('and does not answer, each waits no longer than it was told, and soon nobody waits', async () => {
    quietly();
    const stuck = new Pool({ connectionString: server.url, max: 2 });
    const store = new PostgresSessionStore(stuck, { commandTimeoutMs: 100 });
    // By somebody who waits: what is tried here is the row that is held, not how fast a connection is made.
    await new PostgresSessionStore(stuck, { commandTimeoutMs: 10_000 }).open(session('stuck'), 5, T);
    // Another transaction has the row and does not end.
    const blocker = await pool.connect();
    await blocker.query('BEGIN');
    await blocker.query("SELECT FROM bulwark.sessions WHERE id = 'stuck' FOR UPDATE");
    try {
      const claim = { sessionId: 'stuck', presentedDigest: 'stuck-0', nextDigest: 'stuck-1', sealedNext: 'stuck-1' };
      const rotate = () => store.rotate({ ...claim, fingerprint: 'phone', nowMs: T, graceMs: 60_000, idleMs: HOUR });
      const startMs = performance.now();
      for (let count = 0; count < 3; count++)
        await expect(rotate()).rejects.toMatchObject({ reason: 'postgres: timeout' });
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(290);
      await expect(rotate()).rejects.toMatchObject({ reason: 'postgres: down' });
      await blocker.query('ROLLBACK');
      // What nobody waited for has happened; whoever asks again is told what came of it.
      await vi.waitFor(async () => expect(await rotate()).toEqual({ outcome: 'repeated', sealedNext: 'stuck-1' }), {
        timeout: 5_000,
        interval: 20,
      });
      expect(await store.find('stuck', T)).toMatchObject({ currentDigest: 'stuck-1' });
    } finally {
      blocker.release();
      await stuck.end();
    }
  });

  it('a table that is not there is nobody’s outage, and says what to do', async () => {
    const store = new PostgresSessionStore(pool, { schema: 'never_migrated' });
    for (let count = 0; count < 5; count++) {
      await expect(store.find('a', T)).rejects.toMatchObject({
        code: 'store_unavailable',
        outage: false,
        reason: 'postgres: 42P01, call migrate() first',
      });
    }
  });

  it.each(PLATFORMS)(
    'logins, refreshes, API keys and codes on %s are a 503 with Retry-After and never a 500 or 401, and the alarm is raised once',
    async (platform) => {
      quietly();
      const alarms = async () =>
        (await pool.query("SELECT seq FROM bulwark.audit_log WHERE kind = 'store_outage'")).rows.length;
      const before = await alarms();
      const gone = new Pool({ connectionString: server.url, max: 4, options: COMMITTED });
      gone.on('error', () => {});
      const audited = new PostgresAuditLog(gone, { flushEveryMs: 1, level: 'alert' });
      const app: TestApp = await bootApp({
        platform,
        controllers: [DoorController],
        security: { stores: postgresStores(gone), sessions: { controller: true }, audit: { sinks: [audited] } },
      });
      try {
        const login = await app.send('POST /login', { body: { name: platform } });
        expect(login.status).toBe(201);
        const token = (login.body as { refreshToken: string }).refreshToken;
        const { key } = await app.app.get(ApiKeyService).create({ name: 'reports', owner: 'alice' });
        const refresh = () => app.send('POST /auth/refresh', { body: { refresh_token: token } });
        const report = () => app.send('GET /report', { headers: { 'x-api-key': key } });
        const enter = () => app.send('POST /login', { body: { name: 'late' } });
        const code = () => app.send('POST /code');
        await server.kill();
        for (const ask of [refresh, report, enter, code, refresh, report, enter, code]) {
          const answer = await ask();
          expect(answer.status).toBe(503);
          expect(answer.headers).toMatchObject({
            'retry-after': '1',
            'content-type': expect.stringContaining('problem+json'),
          });
          expect(answer.body).toEqual({ type: 'about:blank', title: 'Please try again later.', status: 503 });
        }
        await server.restart();
        await vi.waitFor(async () => expect((await refresh()).status).toBe(200), { timeout: 20_000, interval: 100 });
        expect((await report()).text).toContain('all is well');
        expect((await code()).text).toBe('false');
        await vi.waitFor(() => expect(app.events.some(({ kind }) => kind === 'store_recovered')).toBe(true), {
          timeout: 5_000,
        });
        const news = app.events.filter(({ kind }) => kind === 'store_outage' || kind === 'store_recovered');
        expect(news).toEqual([
          expect.objectContaining({
            kind: 'store_outage',
            level: 'alert',
            store: 'postgres',
            policy: 'everything: closed',
          }),
          expect.objectContaining({ kind: 'store_recovered', level: 'alert', store: 'postgres', timeMs: START_MS }),
        ]);
      } finally {
        await app.close();
        await gone.end();
      }
      // The alarm itself waited for the database, and is in the log once.
      expect(await verifyAuditChain(pool)).toMatchObject({ intact: true });
      expect((await alarms()) - before).toBe(1);
    },
  );
});
