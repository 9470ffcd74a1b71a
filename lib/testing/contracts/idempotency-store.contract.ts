/** What every idempotency store must do, wherever it keeps its answers. */

import { equal } from 'node:assert/strict';
import type { IdempotencyStore, StoredAnswer } from '../../throttling/sensitive-flow/idempotency.store.js';
import { agree, agreeInPart } from './agreement.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

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
  { describe, it }: TestFramework,
  name: string,
  makeStore: MakeStore<IdempotencyStore>,
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
      agree(await begin(store), { outcome: 'started' });
      agree(await begin(store, { claim: 'c2' }), { outcome: 'running' });
    });

    it('starts exactly one of many at once', async () => {
      const store = await makeStore();
      const many = Array.from({ length: 50 }, async (_, index) => begin(store, { claim: `c${index}` }));
      const outcomes = (await Promise.all(many)).map(({ outcome }) => outcome);
      equal(outcomes.filter((outcome) => outcome === 'started').length, 1);
      equal(outcomes.filter((outcome) => outcome === 'running').length, 49);
    });

    it('gives the answer again, exactly, as often as it is asked', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store);
      for (let time = 0; time < 3; time++) {
        agree(await begin(store, { claim: `r${time}` }), { outcome: 'replay', answer: ANSWER });
      }
    });

    const others: readonly (readonly [what: string, answer: StoredAnswer])[] = [
      ['no body', { kind: 'body', status: 204, headers: {} }],
      ['a refusal', { kind: 'refusal', status: 409, headers: {}, body: '{}', code: 'forbidden' }],
      ['what was lost', { kind: 'lost', status: 200, headers: {} }],
    ];
    for (const [what, answer] of others) {
      it(`keeps ${what} as it is`, async () => {
        const store = await makeStore();
        await begin(store);
        await finish(store, { answer });
        agree(await begin(store), { outcome: 'replay', answer });
      });
    }

    it('says conflict for another request under the key, running or answered', async () => {
      const store = await makeStore();
      await begin(store);
      agree(await begin(store, { digest: 'other', claim: 'c2' }), { outcome: 'conflict' });
      await finish(store);
      agree(await begin(store, { digest: 'other', claim: 'c2' }), { outcome: 'conflict' });
      agreeInPart(await begin(store, { claim: 'c3' }), { outcome: 'replay' });
    });

    it('keeps keys apart, and keys that look alike', async () => {
      const store = await makeStore();
      for (const key of ['k', 'K', 'k ', 'k/1', 'kä', 'ka\u0308', '', 'k'.repeat(300)]) {
        agree(await begin(store, { key }), { outcome: 'started' }, key);
        agree(await begin(store, { key }), { outcome: 'running' }, key);
      }
    });

    it('starts anew once a try was abandoned', async () => {
      const store = await makeStore();
      await begin(store);
      await store.abandon({ key: 'k', claim: 'c1' });
      agree(await begin(store, { digest: 'other', claim: 'c2' }), { outcome: 'started' });
    });

    it('lets nobody finish or abandon a claim that is not theirs', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store, { claim: 'stranger' });
      await store.abandon({ key: 'k', claim: 'stranger' });
      await finish(store, { key: 'unknown' });
      await store.abandon({ key: 'unknown', claim: 'c1' });
      agree(await begin(store, { claim: 'c2' }), { outcome: 'running' });
      agree(await begin(store, { key: 'unknown', claim: 'c2' }), { outcome: 'started' });
    });

    it('does not let an answer be abandoned, or replaced', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store);
      await store.abandon({ key: 'k', claim: 'c1' });
      await finish(store, { answer: { kind: 'lost', status: 200, headers: {} } });
      agree(await begin(store), { outcome: 'replay', answer: ANSWER });
    });

    if (!takesTime) return;

    it('gives up a try that never came to an end when its lease does, and then no longer listens to it', async () => {
      const store = await makeStore();
      await begin(store);
      agree(await begin(store, { claim: 'c2', nowMs: T + LEASE - 1 }), { outcome: 'running' });
      agree(await begin(store, { claim: 'c2', nowMs: T + LEASE }), { outcome: 'started' });
      await finish(store, { claim: 'c1', nowMs: T + LEASE + 1 });
      await store.abandon({ key: 'k', claim: 'c1' });
      agree(await begin(store, { claim: 'c3', nowMs: T + LEASE + 2 }), { outcome: 'running' });
    });

    it('forgets an answer after its time', async () => {
      const store = await makeStore();
      await begin(store);
      await finish(store);
      agreeInPart(await begin(store, { nowMs: T + KEEP - 1 }), { outcome: 'replay' });
      agree(await begin(store, { nowMs: T + KEEP }), { outcome: 'started' });
    });
  });
}
