import { describe, expect, it } from 'vitest';
import { MemoryRevocationStore, MemorySessionStore, type StoredSession } from '../../lib/index.js';

const T = 1_767_225_600_000;
const HOUR = 3_600_000;

const session = (id: string, createdAtMs: number): StoredSession => ({
  id,
  subjectId: `user of ${id}`,
  subject: { id: `user of ${id}` },
  createdAtMs,
  lastUsedAtMs: createdAtMs,
  expiresAtMs: createdAtMs + HOUR,
  absoluteExpiresAtMs: createdAtMs + 2 * HOUR,
  currentDigest: 'd',
});

describe('the memory of sessions', () => {
  it('forgets those that are over without being asked about them', () => {
    const store = new MemorySessionStore();
    for (let index = 0; index < 1000; index++) store.open(session(`s${index}`, T), 100, T);
    expect(store.size).toBe(1000);
    for (let index = 0; index < 300; index++) store.open(session(`n${index}`, T + HOUR), 100, T + HOUR);
    expect(store.size).toBe(300);
  });

  it('never keeps more than it may, and says whose session had to go', () => {
    const store = new MemorySessionStore({ maxSessions: 3 });
    for (const id of ['a', 'b', 'c']) expect(store.open(session(id, T), 100, T)).toEqual([]);
    expect(store.open(session('d', T), 100, T)).toEqual(['a']);
    expect(store.size).toBe(3);
    expect(store.find('a', T)).toBeUndefined();
  });

  it('refuses a size that is none', () => {
    expect(() => new MemorySessionStore({ maxSessions: 0 })).toThrow(/MemorySessionStore\.maxSessions: 0/);
    expect(() => new MemoryRevocationStore({ maxDenial: 1 } as object)).toThrow(/Did you mean/);
  });
});

describe('the memory of revocations', () => {
  it('lets go of what has ended while others are asked about', () => {
    const store = new MemoryRevocationStore();
    for (let index = 0; index < 500; index++) store.deny([{ kind: 'token', id: `t${index}`, untilMs: T + HOUR }], T);
    expect(store.size).toBe(500);
    const stranger = { tokenId: 'x', sessionId: undefined, subjectId: 'bob', stamp: '' };
    expect(store.isDenied(stranger, T + HOUR)).toBe(false);
    expect(store.size).toBe(0);
  });

  it('refuses to forget: where there is no room, whoever revokes is told', () => {
    const store = new MemoryRevocationStore({ maxDenials: 2 });
    const denial = (id: string, untilMs: number) => ({ kind: 'token', id, untilMs }) as const;
    store.deny([denial('a', T + 2 * HOUR), denial('b', T + HOUR)], T);
    expect(() => store.deny([denial('c', T + HOUR)], T)).toThrow(RangeError);
    expect(store.size).toBe(2);
    store.deny([denial('c', T + 2 * HOUR)], T + HOUR);
    expect(store.size).toBe(2);
  });
});
