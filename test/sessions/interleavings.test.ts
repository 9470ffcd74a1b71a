/** Whatever clients, thieves, lost answers and clocks do: a session never has two refresh tokens that work. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemorySessionStore, type RotationClaim, type RotationOutcome, type SessionStore } from '../../lib/index.js';
import { bootSessions, type SessionApp } from './app.js';

/** A store on the other side of a wire: every call waits its turn, so that calls made at once interleave. */
class SlowStore implements SessionStore {
  readonly kept = new MemorySessionStore();
  turns: number[] = [];
  open: SessionStore['open'] = async (...args) => (await this.#turn(), this.kept.open(...args));
  find: SessionStore['find'] = async (...args) => (await this.#turn(), this.kept.find(...args));
  list: SessionStore['list'] = async (...args) => (await this.#turn(), this.kept.list(...args));
  remove: SessionStore['remove'] = async (...args) => (await this.#turn(), this.kept.remove(...args));
  removeAll: SessionStore['removeAll'] = async (...args) => (await this.#turn(), this.kept.removeAll(...args));
  async rotate(claim: RotationClaim): Promise<RotationOutcome> {
    await this.#turn();
    return this.kept.rotate(claim);
  }
  async #turn(): Promise<void> {
    for (let turn = this.turns.pop() ?? 0; turn > 0; turn--) await Promise.resolve();
  }
}

type Step =
  | { readonly kind: 'refresh'; readonly pick: number; readonly by: string; readonly times: number }
  | { readonly kind: 'logout' | 'logout-all' | 'login' }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('refresh' as const),
      // Which of the tokens ever seen: mostly the newest, as honest clients do, sometimes an old one.
      pick: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
      by: fc.constantFrom('laptop', 'laptop', 'laptop', 'thief'),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('logout' as const, 'logout-all' as const, 'login' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(-15_000, -1, 1, 999, 5_000, 10_000, 10_001, 60_000, 7 * 86_400_000),
    }),
  },
);

describe('any interleaving of refreshes, retries, thefts and logouts', () => {
  const store = new SlowStore();
  let t: SessionApp;
  beforeAll(async () => {
    t = await bootSessions({ sessions: { store } });
  });
  afterAll(() => t.close());

  /** The tokens among these that a fresh client could rotate now. Looks at the digests only, so it changes nothing. */
  const usable = (sessionId: string): string | undefined => store.kept.find(sessionId, t.clock.now())?.currentDigest;

  it('leaves at most one token of a session that works, and it is the one that honest clients were told', async () => {
    const { readRefreshToken } = await import('../../lib/authentication/sessions/refresh-token.js');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat({ max: 5 }), { maxLength: 60 }),
        async (rounds, turns) => {
          store.turns = [...turns];
          await t.tokens.revokeAll('alice');
          let { refreshToken, sessionId } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
          let seen = [refreshToken!];
          const successors = new Map<string, Set<string>>();

          const refresh = async (token: string, fingerprint: string) => {
            const issued = await t.tokens.refresh(token, { fingerprint }).catch(() => undefined);
            if (issued === undefined) return;
            const told = successors.get(token) ?? new Set();
            successors.set(token, told.add(issued.refreshToken!));
            if (!seen.includes(issued.refreshToken!)) seen.push(issued.refreshToken!);
          };
          const act = (each: Step): Promise<unknown>[] => {
            switch (each.kind) {
              case 'refresh': {
                const token = seen.at(-1 - (each.pick % seen.length))!;
                return Array.from({ length: each.times }, () => refresh(token, each.by));
              }
              case 'logout':
                return [t.tokens.revoke(sessionId!)];
              case 'logout-all':
                return [t.tokens.revokeAll('alice')];
              case 'login':
                return [];
              case 'wait':
                t.clock.advance(each.ms);
                return [];
              default:
                return each satisfies never;
            }
          };

          for (const round of rounds) {
            await Promise.all(round.flatMap(act));
            // One token never has two successors, whoever asked and however often.
            for (const told of successors.values()) expect(told.size).toBe(1);
            // What works is one token at most, and one that somebody was told.
            const current = usable(sessionId!);
            const digests = seen.map((token) => readRefreshToken(token)!.digest);
            if (current !== undefined) expect(digests.filter((digest) => digest === current)).toHaveLength(1);
            if (round.some(({ kind }) => kind === 'login')) {
              ({ refreshToken, sessionId } = await t.tokens.issue({ id: 'alice', roles: ['user'] }));
              seen = [refreshToken!];
            }
          }

          // In the end, really trying every token ever seen: all successes lead into one and the same token.
          const live = new Set<string>();
          for (const token of [...seen].reverse()) {
            const issued = await t.tokens.refresh(token, { fingerprint: 'judge' }).catch(() => undefined);
            if (issued !== undefined) live.add(token);
          }
          expect(live.size).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 150 },
    );
  });
});
