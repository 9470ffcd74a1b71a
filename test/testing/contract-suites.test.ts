/** The suites of nestjs-bulwark/testing, handed to a framework of ten lines: they pass what holds and refuse what does not. */

import { describe, expect, it } from 'vitest';
import {
  MemoryApiKeyStore,
  MemoryBucketStore,
  MemoryIdempotencyStore,
  MemoryLoginDefenceStore,
  MemoryMfaStore,
  MemoryRevocationStore,
  MemorySessionStore,
  MemorySpentStore,
  type BucketStore,
  type RotationClaim,
  type SpentStore,
} from 'nestjs-bulwark';
import {
  apiKeyStoreContract,
  bucketStoreContract,
  idempotencyStoreContract,
  loginDefenceStoreContract,
  mfaStoreContract,
  nonceStoreContract,
  revocationStoreContract,
  sessionStoreContract,
  spentStoreContract,
  type TestFramework,
} from 'nestjs-bulwark/testing';
import { randomRuns } from '../../lib/testing/contracts/random-runs.js';

/** Runs a suite, and tells which of its cases failed, with what they said. */
async function failures(
  suite: (framework: TestFramework) => void,
): Promise<{ ran: number; failed: Map<string, string> }> {
  const cases: { name: string; body: () => Promise<void> }[] = [];
  suite({ describe: (_name, body) => body(), it: (name, body) => void cases.push({ name, body }) });
  const failed = new Map<string, string>();
  for (const { name, body } of cases) await body().catch((error: unknown) => failed.set(name, messageOf(error)));
  return { ran: cases.length, failed };
}

const messageOf = (error: unknown): string => (error as Error).message;

describe('a contract suite in any framework', () => {
  it.each<[name: string, suite: (framework: TestFramework) => void]>([
    ['API keys', (framework) => apiKeyStoreContract(framework, 'memory', () => new MemoryApiKeyStore())],
    ['buckets', (framework) => bucketStoreContract(framework, 'memory', () => new MemoryBucketStore(), { runs: 5 })],
    ['idempotency', (framework) => idempotencyStoreContract(framework, 'memory', () => new MemoryIdempotencyStore())],
    ['logins', (framework) => loginDefenceStoreContract(framework, 'memory', () => new MemoryLoginDefenceStore())],
    ['factors', (framework) => mfaStoreContract(framework, 'memory', () => new MemoryMfaStore())],
    ['nonces', (framework) => nonceStoreContract(framework, 'memory', () => new MemorySpentStore())],
    ['denials', (framework) => revocationStoreContract(framework, 'memory', () => new MemoryRevocationStore())],
    ['sessions', (framework) => sessionStoreContract(framework, 'memory', () => new MemorySessionStore(), { runs: 5 })],
    ['spent ids', (framework) => spentStoreContract(framework, 'memory', () => new MemorySpentStore())],
  ])('passes a store that keeps its word: %s', async (_what, suite) => {
    const { ran, failed } = await failures(suite);
    expect(ran).toBeGreaterThan(1);
    expect([...failed]).toEqual([]);
  });

  it('refuses a store that lets an id be spent twice', async () => {
    const forgetful: SpentStore = { spend: () => Promise.resolve(true) };
    const { failed } = await failures((framework) => spentStoreContract(framework, 'forgetful', () => forgetful));
    expect([...failed.keys()]).toEqual([
      'lets an id be spent once',
      'tells exactly one of many at once',
      'knows an id by itself, whoever owns it',
    ]);
  });

  it('refuses a bucket store that looks before it takes', async () => {
    class Racing implements BucketStore {
      readonly #inner = new MemoryBucketStore();
      #left = 20;
      async take(...[demands, nowMs]: Parameters<BucketStore['take']>) {
        const left = this.#left;
        const outcome = this.#inner.take(demands, nowMs);
        await Promise.resolve();
        this.#left = left - 1;
        return left > 0 ? { ...outcome, allowed: true } : outcome;
      }
    }
    const { failed } = await failures((framework) =>
      bucketStoreContract(framework, 'racing', () => new Racing(), { runs: 1 }),
    );
    expect([...failed.keys()]).toContain('admits exactly the capacity of calls that are made at once');
  });

  it('refuses a session store that rotates for everybody who asks', async () => {
    class Generous extends MemorySessionStore {
      override rotate(claim: RotationClaim) {
        super.rotate(claim);
        return { outcome: 'rotated' } as const;
      }
    }
    const { failed } = await failures((framework) =>
      sessionStoreContract(framework, 'generous', () => new Generous(), { runs: 20 }),
    );
    expect([...failed.keys()]).toContain('lets exactly one of many claims rotate, and tells the others its successor');
    expect(failed.get('decides as decideRotation does, whatever comes')).toMatch(
      /\{ runs: 1, seed: \d+ \} shows it again/,
    );
  });

  it('shows a random failure again from the seed that it named', async () => {
    const drawn: number[] = [];
    const run = (random: { between(min: number, max: number): number }): Promise<void> => {
      drawn.push(random.between(0, 1_000_000));
      return drawn.length === 3 ? Promise.reject(new Error('found')) : Promise.resolve();
    };
    const message = await randomRuns({ runs: 5 }, run).catch(messageOf);
    const seed = Number(/seed: (\d+)/.exec(message as string)?.[1]);
    drawn.length = 3;
    await randomRuns({ runs: 1, seed }, run);
    expect(drawn[3]).toBe(drawn[2]);
  });
});
