/** Whatever happens, in whatever order: Redis answers what memory answers. */

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiKeyStore } from '../../lib/authentication/api-key/api-key.store.js';
import { MemoryApiKeyStore } from '../../lib/authentication/api-key/memory-api-key.store.js';
import { MemoryMfaStore } from '../../lib/authentication/mfa/memory-mfa.store.js';
import type { MfaStore } from '../../lib/authentication/mfa/mfa.store.js';
import { MemoryRevocationStore } from '../../lib/authentication/sessions/memory-revocation.store.js';
import { MemorySessionStore } from '../../lib/authentication/sessions/memory-session.store.js';
import type { RevocationStore } from '../../lib/authentication/sessions/revocation.store.js';
import type { SessionStore } from '../../lib/authentication/sessions/session.store.js';
import { delayPolicy, steadyPolicy } from '../../lib/throttling/login-defence/failure-record.js';
import { MemoryLoginDefenceStore } from '../../lib/throttling/login-defence/memory-login-defence.store.js';
import type { LoginDefenceStore } from '../../lib/throttling/login-defence/login-defence.store.js';
import { perHour, perMinute } from '../../lib/throttling/rate.js';
import type { IdempotencyStore } from '../../lib/throttling/sensitive-flow/idempotency.store.js';
import { MemoryIdempotencyStore } from '../../lib/throttling/sensitive-flow/memory-idempotency.store.js';
import { canStart } from '../servers/shared.js';
import { ownRedis, type OwnRedis } from './own-redis.js';
import { apiKey, claim, DAY, pending, POLICY, rotation, session, T } from './stored.js';

/** One step: what is done, and how much later (or earlier) than the step before. */
type Step<Store> = readonly [stepMs: number, act: (store: Store, nowMs: number) => unknown];

const id = fc.constantFrom('a', 'b', 'c');
const FORWARDS = [0, 0, 0, 1, 777, 12_000, 60_000, 300_000, 3_600_000];

/** What memory lets go, or makes wait for a moment that has come, it does for good: a clock that then steps back finds it gone. */
const CLOCK_OF_MEMORY = { mayStepBack: false };

describe.skipIf(!(await canStart('redis')))('the stores of Redis, beside those of memory', () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await ownRedis();
  });
  afterAll(() => redis.close());
  beforeEach(async () => {
    await redis.client.flushall();
  });

  async function alike<Store>(
    makeMemory: () => Store,
    other: Store,
    acts: readonly fc.Arbitrary<Step<Store>[1]>[],
    { mayStepBack = true } = {},
  ): Promise<void> {
    const steps = fc.constantFrom(...FORWARDS, ...(mayStepBack ? [-5000] : []));
    const step = fc.tuple(steps, fc.oneof(...acts));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (sequence) => {
        await redis.client.flushall();
        const memory = makeMemory();
        let nowMs = T;
        for (const [stepMs, act] of sequence) {
          nowMs += stepMs;
          expect(await act(other, nowMs)).toEqual(await act(memory, nowMs));
        }
      }),
      { numRuns: 60 },
    );
  }

  it('count failed logins', async () => {
    const policy = fc.constantFrom(
      POLICY,
      { ...POLICY, address: delayPolicy(perMinute(1000), 300_000), challenges: true },
      { ...POLICY, account: delayPolicy(perHour(7), 100_000), address: steadyPolicy(perMinute(7)) },
    );
    const given = fc.record({ account: id, address: id, policy, isChallenged: fc.boolean() });
    await expect(
      alike<LoginDefenceStore>(
        () => new MemoryLoginDefenceStore(),
        redis.stores.loginDefence,
        [
          given.map((g) => (store, nowMs) => store.begin(g, g.policy, nowMs, g.isChallenged)),
          given.map((g) => (store, nowMs) => store.begin(g, g.policy, nowMs, g.isChallenged)),
          given.map((g) => (store, nowMs) => store.fail(g, g.policy, nowMs)),
          given.map((g) => (store, nowMs) => store.succeed(g, g.policy, nowMs)),
          given.map((g) => (store, nowMs) => store.release(g, g.policy, nowMs)),
        ],
        CLOCK_OF_MEMORY,
      ),
    ).resolves.toBeUndefined();
  });

  it('keep second factors', async () => {
    const step = fc.integer({ min: 1, max: 5 });
    const codes = fc.uniqueArray(fc.constantFrom('r1', 'r2', 'r3'));
    const replaces = fc.option(id, { nil: null });
    const rule = { limit: 3, windowMs: 600_000 };
    await expect(
      alike<MfaStore>(() => new MemoryMfaStore(), redis.stores.mfa, [
        fc.tuple(id, id, replaces).map(
          ([u, i, r]) =>
            (store) =>
              store.setPending(u, pending(i, r)),
        ),
        fc.tuple(id, id, step, codes).map(
          ([u, i, s, c]) =>
            (store, nowMs) =>
              store.confirm(u, i, s, c, nowMs),
        ),
        id.map((u) => async (store) => [await store.find(u), await store.pending(u)]),
        fc.tuple(id, id, step).map(
          ([u, i, s]) =>
            (store) =>
              store.claimStep(u, i, s),
        ),
        fc.tuple(id, id).map(
          ([u, i]) =>
            (store) =>
              store.reseal(u, { id: i, sealed: 'again' }),
        ),
        fc.tuple(id, codes).map(
          ([u, c]) =>
            (store) =>
              store.setRecoveryCodes(u, c),
        ),
        fc.tuple(id, codes).map(
          ([u, c]) =>
            (store) =>
              store.claimRecoveryCode(u, c[0] ?? 'r0'),
        ),
        id.map((u) => (store, nowMs) => store.countAttempt(u, rule, nowMs)),
        id.map((u) => (store) => store.clearAttempts(u)),
        id.map((u) => (store) => store.remove(u)),
      ]),
    ).resolves.toBeUndefined();
  });

  it('keep challenges', async () => {
    const challenge = { userId: 'alice', subject: '{}', expiresAtMs: T + 600_000, attempts: 2 };
    await expect(
      alike<MfaStore>(
        () => new MemoryMfaStore(),
        redis.stores.mfa,
        [
          id.map((d) => (store) => store.addChallenge(d, challenge)),
          id.map((d) => (store, nowMs) => store.tryChallenge(d, nowMs)),
          id.map((d) => (store, nowMs) => store.claimChallenge(d, nowMs)),
        ],
        CLOCK_OF_MEMORY,
      ),
    ).resolves.toBeUndefined();
  });

  it('keep answers', async () => {
    const key = { key: 'k', owner: 'alice' };
    const answer = { kind: 'body', status: 200, headers: {}, body: '1' } as const;
    await expect(
      alike<IdempotencyStore>(() => new MemoryIdempotencyStore(), redis.stores.idempotency, [
        fc.tuple(id, id).map(
          ([claim_, digest]) =>
            (store, nowMs) =>
              store.begin({ ...key, claim: claim_, digest, nowMs, leaseMs: 60_000 }),
        ),
        id.map((claim_) => async (store, nowMs) => {
          // Memory forgets what is over a few at a time, Redis at once: neither listens to a claim that is over for long.
          await store.begin({ ...key, claim: 'x', digest: 'x', nowMs, leaseMs: 60_000 });
          return store.finish({ ...key, claim: claim_, answer, nowMs, keepMs: 3_600_000 });
        }),
        id.map((claim_) => (store) => store.abandon({ ...key, claim: claim_ })),
      ]),
    ).resolves.toBeUndefined();
  });

  it('keep API keys', async () => {
    const lifeMs = fc.constantFrom(60_000, DAY);
    let made = 0;
    await expect(
      alike<ApiKeyStore>(() => new MemoryApiKeyStore(), redis.stores.apiKeys, [
        fc.tuple(id, lifeMs).map(([ownerId, ms]) => {
          const createdAtMs = T + made++;
          const key = `k${createdAtMs}`;
          return async (store, nowMs) => {
            if ((await store.find(key)) !== undefined) return 'there';
            return store.add(apiKey(key, { ownerId, createdAtMs, expiresAtMs: nowMs + ms }), 3, nowMs);
          };
        }),
        fc.tuple(id, fc.nat(2), lifeMs).map(([ownerId, nth, ms]) => async (store, nowMs) => {
          const key = (await store.list(ownerId))[nth];
          const change = { nextExpiresAtMs: nowMs + ms, overlapUntilMs: nowMs + ms / 2, nowMs };
          return store.rotate(rotation(key?.id ?? 'none', `d${nowMs}`, change));
        }),
        fc.tuple(id, fc.nat(2)).map(([ownerId, nth]) => async (store, nowMs) => {
          const key = (await store.list(ownerId))[nth];
          return store.revoke(key?.id ?? 'none', nowMs);
        }),
        fc.tuple(id, fc.nat(2)).map(([ownerId, nth]) => async (store, nowMs) => {
          await store.touch((await store.list(ownerId))[nth]?.id ?? 'none', nowMs, 60_000);
          return store.list(ownerId);
        }),
      ]),
    ).resolves.toBeUndefined();
  });

  it('keep denials', async () => {
    const stamp = fc.constantFrom('0', '1', '10', '2', 'a', 'b');
    const endMs = fc.constantFrom(1000, 60_000, 600_000);
    await expect(
      alike<RevocationStore>(
        () => new MemoryRevocationStore(),
        redis.stores.revocations,
        [
          fc.tuple(id, endMs).map(
            ([i, ms]) =>
              (store, nowMs) =>
                store.deny([{ kind: 'token', id: i, untilMs: nowMs + ms }], nowMs),
          ),
          fc.tuple(id, endMs).map(
            ([i, ms]) =>
              (store, nowMs) =>
                store.deny([{ kind: 'session', id: i, untilMs: nowMs + ms }], nowMs),
          ),
          fc.tuple(id, stamp, fc.option(id, { nil: undefined })).map(
            ([i, before, except]) =>
              (store, nowMs) =>
                // For longer than the sequence: what has ended memory may still hold against what comes later.
                store.deny(
                  [
                    {
                      kind: 'subject',
                      id: i,
                      before,
                      untilMs: nowMs + 100 * DAY,
                      ...(except !== undefined && { exceptSession: except }),
                    },
                  ],
                  nowMs,
                ),
          ),
          fc
            .record({
              tokenId: fc.option(id, { nil: undefined }),
              sessionId: fc.option(id, { nil: undefined }),
              subjectId: id,
              stamp,
            })
            .map((marks) => (store, nowMs) => store.isDenied(marks, nowMs)),
        ],
        CLOCK_OF_MEMORY,
      ),
    ).resolves.toBeUndefined();
  });

  it('keep sessions', async () => {
    let made = 0;
    await expect(
      alike<SessionStore>(
        () => new MemorySessionStore(),
        redis.stores.sessions,
        [
          id.map((subjectId) => {
            const sid = `s${made++}`;
            return async (store, nowMs) => {
              if ((await store.find(sid, T)) !== undefined) return 'there';
              const times = { createdAtMs: nowMs, lastUsedAtMs: nowMs, expiresAtMs: nowMs + 600_000 };
              return store.open(
                session(sid, { subjectId, ...times, absoluteExpiresAtMs: nowMs + 7_200_000 }),
                100,
                nowMs,
              );
            };
          }),
          fc.tuple(id, fc.nat(2), fc.boolean()).map(([subjectId, nth, isRetry]) => async (store, nowMs) => {
            const found = [...(await store.list(subjectId, nowMs))].sort((a, b) => (a.id < b.id ? -1 : 1))[nth];
            const presented = isRetry ? found?.previous?.digest : found?.currentDigest;
            return store.rotate(
              claim(found?.id ?? 'none', presented ?? 'none', `d${nowMs}-${nth}`, { nowMs, idleMs: 600_000 }),
            );
          }),
          fc.tuple(id, fc.nat(2)).map(([subjectId, nth]) => async (store, nowMs) => {
            const found = [...(await store.list(subjectId, nowMs))].sort((a, b) => (a.id < b.id ? -1 : 1))[nth];
            return store.remove(found?.id ?? 'none', nowMs);
          }),
          id.map(
            (subjectId) => async (store, nowMs) =>
              [...(await store.list(subjectId, nowMs))].sort((a, b) => (a.id < b.id ? -1 : 1)),
          ),
          fc.tuple(id, fc.nat(1)).map(([subjectId, nth]) => async (store, nowMs) => {
            const except = (await store.list(subjectId, nowMs)).map((each) => each.id).sort()[nth];
            return [...(await store.removeAll(subjectId, except, nowMs))].sort();
          }),
        ],
        CLOCK_OF_MEMORY,
      ),
    ).resolves.toBeUndefined();
  });
});
