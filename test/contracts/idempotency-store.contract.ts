/** What every idempotency store must do, wherever it keeps its answers. */

import { describe, expect, it } from 'vitest';
import type { IdempotencyStore, StoredAnswer } from '../../lib/throttling/sensitive-flow/idempotency.store.js';

const T = 1_767_225_600_000;
const LEASE = 60_000;
const KEEP = 3_600_000;

const ANSWER: StoredAnswer = {
  kind: 'body',
  status: 201,
  headers: { location: '/orders/1', 'content-type': 'application/json; charset=utf-8' },
  body: '{"id":"1","note":"schön \\u0000 \\"quoted\\""}',
};

export interface IdempotencyStoreContractOptions {
  /** False where the store goes by a clock of its own and not by `nowMs`: what needs time to pass is left out. */
  readonly takesTime?: boolean;
}

/** @param makeStore A store with no answers, asked for anew by every test. */
export function idempotencyStoreContract(
  name: string,
  makeStore: () => IdempotencyStore | Promise<IdempotencyStore>,
  { takesTime = true }: IdempotencyStoreContractOptions = {},
): void {
  const begin = (
    store: IdempotencyStore,
    init: { key?: string; owner?: string; digest?: string; claim?: string; nowMs?: number } = {},
  ) => store.begin({ key: 'k', owner: 'alice', digest: 'd', claim: 'c1', nowMs: T, leaseMs: LEASE, ...init });
  const finish = (
    store: IdempotencyStore,
    init: { key?: string; claim?: string; nowMs?: number; answer?: StoredAnswer } = {},
  ) => store.finish({ key: 'k', claim: 'c1', answer: ANSWER, nowMs: T, keepMs: KEEP, ...init });

  describe(`the idempotency store: ${name}`, () => {
    it('starts a key that it does not know, and says of a second that the first is running', async () => {
      const store = await makeStore();
      expect(await begin(store)).toEqual({ outcome: 'started' });
      expect(await begin(store, { claim: 'c2' })).toEqual({ outcome: 'running' });
    });

    it('starts exactly one of many at once', async () => {
      const store = await makeStore();
      const many = Array.from({ length: 50 }, async (_, index) => begin(store, { claim: `c${index}` }));
      const outcomes = (await Promise.all(many)).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'started')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'running')).toHaveLength(49);
    });

    it('gives the answer again, exactly, as often as it is asked', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store);
      for (let time = 0; time < 3; time++) {
        expect(await begin(store, { claim: `r${time}` })).toEqual({ outcome: 'replay', answer: ANSWER });
      }
    });

    it.each<[string, StoredAnswer]>([
      ['no body', { kind: 'body', status: 204, headers: {} }],
      ['a refusal', { kind: 'refusal', status: 409, headers: {}, body: '{}', code: 'forbidden' }],
      ['what was lost', { kind: 'lost', status: 200, headers: {} }],
    ])('keeps %s as it is', async (_what, answer) => {
      const store = await makeStore();
      await begin(store);
      await finish(store, { answer });
      expect(await begin(store)).toEqual({ outcome: 'replay', answer });
    });

    it('says conflict for another request under the key, running or answered', async () => {
      const store = await makeStore();
      await begin(store);
      expect(await begin(store, { digest: 'other', claim: 'c2' })).toEqual({ outcome: 'conflict' });
      await finish(store);
      expect(await begin(store, { digest: 'other', claim: 'c2' })).toEqual({ outcome: 'conflict' });
      expect(await begin(store, { claim: 'c3' })).toMatchObject({ outcome: 'replay' });
    });

    it('keeps keys apart, and keys that look alike', async () => {
      const store = await makeStore();
      for (const key of ['k', 'K', 'k ', 'k/1', 'kä', 'ka\u0308', '', 'k'.repeat(300)]) {
        expect(await begin(store, { key }), key).toEqual({ outcome: 'started' });
        expect(await begin(store, { key }), key).toEqual({ outcome: 'running' });
      }
    });

    it('starts anew once a try was abandoned', async () => {
      const store = await makeStore();
      await begin(store);
      await store.abandon({ key: 'k', claim: 'c1' });
      expect(await begin(store, { digest: 'other', claim: 'c2' })).toEqual({ outcome: 'started' });
    });

    it('lets nobody finish or abandon a claim that is not theirs', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store, { claim: 'stranger' });
      await store.abandon({ key: 'k', claim: 'stranger' });
      await finish(store, { key: 'unknown' });
      await store.abandon({ key: 'unknown', claim: 'c1' });
      expect(await begin(store, { claim: 'c2' })).toEqual({ outcome: 'running' });
      expect(await begin(store, { key: 'unknown', claim: 'c2' })).toEqual({ outcome: 'started' });
    });

    it('does not let an answer be abandoned, or replaced', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store);
      await store.abandon({ key: 'k', claim: 'c1' });
      await finish(store, { answer: { kind: 'lost', status: 200, headers: {} } });
      expect(await begin(store)).toEqual({ outcome: 'replay', answer: ANSWER });
    });

    if (!takesTime) return;

    it('gives up a try that never came to an end when its lease does, and then no longer listens to it', async () => {
      const store = await makeStore();
      await begin(store);
      expect(await begin(store, { claim: 'c2', nowMs: T + LEASE - 1 })).toEqual({ outcome: 'running' });
      expect(await begin(store, { claim: 'c2', nowMs: T + LEASE })).toEqual({ outcome: 'started' });
      await finish(store, { claim: 'c1', nowMs: T + LEASE + 1 });
      await store.abandon({ key: 'k', claim: 'c1' });
      expect(await begin(store, { claim: 'c3', nowMs: T + LEASE + 2 })).toEqual({ outcome: 'running' });
    });

    it('forgets an answer after its time', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store);
      expect(await begin(store, { nowMs: T + KEEP - 1 })).toMatchObject({ outcome: 'replay' });
      expect(await begin(store, { nowMs: T + KEEP })).toEqual({ outcome: 'started' });
    });
  });
}
