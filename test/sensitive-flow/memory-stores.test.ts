import { describe, expect, it } from 'vitest';
import { MemoryIdempotencyStore, MemorySpentStore } from '../../lib/index.js';

const T = 1_767_225_600_000;

describe('the memory store of spent tickets', () => {
  it('forgets what has expired, without being asked for it', () => {
    const store = new MemorySpentStore({ maxIds: 1000 });
    for (let id = 0; id < 1000; id++) store.spend(`a${id}`, T + 1000, T);
    for (let id = 0; id < 500; id++) store.spend(`b${id}`, T + 5000, T + 1000);
    expect(store.size).toBe(500);
  });

  it('spends nothing more while it is full of what still counts', () => {
    const store = new MemorySpentStore({ maxIds: 2 });
    store.spend('a', T + 1000, T);
    store.spend('b', T + 9000, T);
    expect(() => store.spend('c', T + 1000, T)).toThrow('all 2 ids are in use');
    expect(store.spend('b', T + 9000, T)).toBe(false);
    expect(store.spend('c', T + 9000, T + 1000)).toBe(true);
  });

  it('refuses options that make no sense', () => {
    expect(() => new MemorySpentStore({ maxIds: 0 })).toThrow(TypeError);
    expect(() => new MemorySpentStore({ maxIdss: 1 } as object)).toThrow('Did you mean');
  });
});

describe('the memory store of answers', () => {
  const begin = (store: MemoryIdempotencyStore, key: string, nowMs = T, owner = 'alice') =>
    store.begin({ key, owner, digest: 'd', claim: key, nowMs, leaseMs: 1000 }).outcome;
  const finish = (store: MemoryIdempotencyStore, key: string, body = '{}') =>
    store.finish({ key, claim: key, answer: { kind: 'body', status: 200, headers: {}, body }, nowMs: T, keepMs: 5000 });

  it('forgets the longest answered for a new key, and never one that runs', () => {
    const store = new MemoryIdempotencyStore({ maxAnswers: 3 });
    begin(store, 'running');
    for (const key of ['old', 'new']) {
      begin(store, key);
      finish(store, key);
    }
    expect(begin(store, 'newer')).toBe('started');
    expect(store.size).toBe(3);
    expect(begin(store, 'running')).toBe('running');
    expect(begin(store, 'new')).toBe('replay');
  });

  it('starts nothing more while every key runs, until a lease ends', () => {
    const store = new MemoryIdempotencyStore({ maxAnswers: 2 });
    begin(store, 'a');
    begin(store, 'b');
    expect(() => begin(store, 'c')).toThrow('all 2 keys are running');
    expect(begin(store, 'c', T + 1000)).toBe('started');
  });

  it('keeps no more bytes than it may', () => {
    const store = new MemoryIdempotencyStore({ maxBytes: 100 });
    for (const key of ['a', 'b', 'c']) {
      begin(store, key);
      finish(store, key, 'x'.repeat(40));
    }
    expect(['b', 'c'].map((key) => begin(store, key))).toEqual(['replay', 'replay']);
    begin(store, 'd');
    finish(store, 'd', 'x'.repeat(101));
    const again = (key: string) =>
      store.begin({ key, owner: 'alice', digest: 'd', claim: 'r', nowMs: T, leaseMs: 1000 });
    for (const key of ['a', 'b', 'c', 'd']) {
      expect(again(key)).toEqual({ outcome: 'replay', answer: { kind: 'lost', status: 200, headers: {} } });
    }
    expect(store.size).toBe(4);
    begin(store, 'e');
    finish(store, 'e', 'x'.repeat(100));
    expect(again('e')).toMatchObject({ answer: { kind: 'body' } });
  });

  it('forgets what is over, without being asked for it', () => {
    const store = new MemoryIdempotencyStore();
    for (let key = 0; key < 400; key++) {
      begin(store, `a${key}`);
      if (key % 2) finish(store, `a${key}`);
    }
    for (let key = 0; key < 100; key++) begin(store, `b${key}`, T + 5000);
    expect(store.size).toBe(100);
  });
});
