import { describe, expect, it } from 'vitest';
import type { SafeLookup } from '../../lib/fetch.js';
import { LookUpRoom } from '../../lib/outbound/fetch/look-up-room.js';

const ADDRESS = [{ address: '93.184.216.34', family: 4 }];

/** A look-up that answers when the test says so. */
function held() {
  const open = new Map<string, () => void>();
  const asked: string[] = [];
  const lookup: SafeLookup = (name, _options, callback) => {
    asked.push(name);
    open.set(name, () => callback(null, ADDRESS));
  };
  return { lookup, asked, answer: (name: string) => open.get(name)!() };
}

describe('the room for look-ups', () => {
  const ask = (room: LookUpRoom, name: string, timeoutMs = 5_000): Promise<unknown> =>
    new Promise((resolve) => room.ask(name, timeoutMs, (error, addresses) => resolve(error ?? addresses)));

  it('has so many at once, and the others after them, in order', async () => {
    const { lookup, asked, answer } = held();
    const room = new LookUpRoom(lookup, 2);
    const answers = ['a', 'b', 'c', 'd'].map((name) => ask(room, name));
    expect(asked).toEqual(['a', 'b']);
    answer('b');
    expect(asked).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) answer(name);
    expect(await Promise.all(answers)).toEqual(Array(4).fill(ADDRESS));
  });

  it('asks once for one name, whoever wants to know', async () => {
    const { lookup, asked, answer } = held();
    const room = new LookUpRoom(lookup, 1);
    const answers = ['a', 'a', 'b', 'b'].map((name) => ask(room, name));
    answer('a');
    answer('b');
    expect(await Promise.all(answers)).toEqual(Array(4).fill(ADDRESS));
    expect(asked).toEqual(['a', 'b']);
    void ask(room, 'a');
    expect(asked).toEqual(['a', 'b', 'a']);
  });

  it('keeps nobody waiting for longer than their request may take, and asks nothing for them afterwards', async () => {
    const { lookup, asked, answer } = held();
    const room = new LookUpRoom(lookup, 1);
    const slow = ask(room, 'slow.example');
    expect(await ask(room, 'b.example', 30)).toMatchObject({ code: 'timeout' });
    answer('slow.example');
    await slow;
    expect(asked).toEqual(['slow.example']);
  });

  it('is full at some point', async () => {
    const room = new LookUpRoom(held().lookup, 1);
    for (let n = 0; n < 1_001; n++) void ask(room, `n${n}`, 20);
    expect(await ask(room, 'one-more.example')).toMatchObject({
      code: 'dns_failed',
      reason: 'looking up one-more.example: too many others wait',
    });
  });

  it('goes on after a look-up that throws', async () => {
    const room = new LookUpRoom(() => {
      throw new Error('oops');
    }, 1);
    expect(await ask(room, 'a')).toMatchObject({ message: 'oops' });
    expect(await ask(room, 'b')).toMatchObject({ message: 'oops' });
  });
});
