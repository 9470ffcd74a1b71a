import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CHAIN_START, extendChain, firstBreak, type ChainContent, type ChainLink } from '../../lib/audit/hash-chain.js';

const content = (event: string, change: Partial<ChainContent> = {}): ChainContent => ({
  id: 'i',
  timeMs: 1_767_225_600_000,
  kind: 'app',
  level: 'info',
  event,
  ...change,
});
const FIVE = extendChain(
  CHAIN_START,
  ['a', 'b', 'c', 'd', 'e'].map((event) => content(event)),
);
const without = (seq: number): ChainLink[] => FIVE.filter((link) => link.seq !== seq);
const withLink = (seq: number, change: Partial<ChainLink>): ChainLink[] =>
  FIVE.map((link) => (link.seq === seq ? { ...link, ...change } : link));

describe('a chain of hashes', () => {
  it('hashes each row with its place and the hash before it', () => {
    const first = `["${'0'.repeat(64)}",1,"i",1767225600000,"app","info","a"]`;
    expect(FIVE[0]!.hash).toBe(createHash('sha256').update(first).digest('hex'));
    const second = `["${FIVE[0]!.hash}",2,"i",1767225600000,"app","info","b"]`;
    expect(FIVE[1]).toEqual({ seq: 2, ...content('b'), hash: createHash('sha256').update(second).digest('hex') });
  });

  it('is the same whether it was written at once or bit by bit', () => {
    const head = FIVE[1]!;
    expect(
      extendChain(
        head,
        ['c', 'd', 'e'].map((event) => content(event)),
      ),
    ).toEqual(FIVE.slice(2));
  });

  it('holds as it was written, from the start or from any row on', () => {
    expect(firstBreak(CHAIN_START, FIVE)).toBeUndefined();
    expect(firstBreak(CHAIN_START, [])).toBeUndefined();
    for (const head of FIVE) expect(firstBreak(head, FIVE.slice(head.seq))).toBeUndefined();
  });

  it.each<[what: string, links: ChainLink[], seq: number, problem: string]>([
    ['another event', withLink(3, { event: 'x' }), 3, 'altered'],
    ['another id', withLink(3, { id: 'j' }), 3, 'altered'],
    ['another time', withLink(3, { timeMs: 1 }), 3, 'altered'],
    ['another kind', withLink(3, { kind: 'x' }), 3, 'altered'],
    ['another level', withLink(3, { level: 'debug' }), 3, 'altered'],
    ['another hash', withLink(3, { hash: FIVE[1]!.hash }), 3, 'altered'],
    ['a row that was taken away', without(3), 3, 'missing'],
    ['the first row that was taken away', without(1), 1, 'missing'],
    ['a row put in the place of one', [FIVE[0]!, { ...FIVE[2]!, seq: 2 }, ...FIVE.slice(2)], 2, 'altered'],
    [
      'two that changed places',
      [FIVE[0]!, { ...FIVE[2]!, seq: 2 }, { ...FIVE[1]!, seq: 3 }, ...FIVE.slice(3)],
      2,
      'altered',
    ],
    ['a row that is there twice', [FIVE[0]!, FIVE[0]!, ...FIVE.slice(1)], 2, 'missing'],
    ['one that was put in', [...FIVE.slice(0, 2), { ...FIVE[1]!, seq: 3 }, ...FIVE.slice(2)], 3, 'altered'],
  ])('breaks at %s', (_what, links, seq, problem) => {
    expect(firstBreak(CHAIN_START, links)).toEqual({ seq, problem });
  });

  it('breaks after a row whose hash was computed anew, for the next one answers for the old one', () => {
    const [forged] = extendChain(FIVE[1]!, [content('forged')]);
    expect(firstBreak(CHAIN_START, withLink(3, forged!))).toEqual({ seq: 4, problem: 'altered' });
  });

  it('does not take one content for another that is written alike', () => {
    const [one] = extendChain(CHAIN_START, [content('x', { kind: 'a","b', level: 'c' })]);
    const [other] = extendChain(CHAIN_START, [content('x', { kind: 'a', level: 'b","c' })]);
    expect(one!.hash).not.toBe(other!.hash);
  });

  it('breaks at the first of any number of changes', () => {
    const events = fc.array(fc.string(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(events, fc.nat(), fc.nat(), (all, one, other) => {
        const links = extendChain(
          CHAIN_START,
          all.map((event) => content(event)),
        );
        const [first, second] = [(one % links.length) + 1, (other % links.length) + 1];
        const changed = links.map((link) =>
          link.seq === first || link.seq === second ? { ...link, event: `${link.event}!` } : link,
        );
        expect(firstBreak(CHAIN_START, changed)).toEqual({ seq: Math.min(first, second), problem: 'altered' });
      }),
    );
  });

  describe('with a key', () => {
    const [key, former] = ['k'.repeat(32), Buffer.alloc(32, 7)];
    const written = extendChain(CHAIN_START, [content('a'), content('b')], former);
    const links = [...written, ...extendChain(written[1]!, [content('c')], key)];

    it('holds for whoever has the keys it was written with', () => {
      expect(firstBreak(CHAIN_START, links, [key, former])).toBeUndefined();
    });

    it('breaks for other keys, for none, and for rows that were hashed without one', () => {
      expect(firstBreak(CHAIN_START, links, [key])).toEqual({ seq: 1, problem: 'altered' });
      expect(firstBreak(CHAIN_START, links, [former])).toEqual({ seq: 3, problem: 'altered' });
      expect(firstBreak(CHAIN_START, links)).toEqual({ seq: 1, problem: 'altered' });
      expect(firstBreak(CHAIN_START, FIVE, [key])).toEqual({ seq: 1, problem: 'altered' });
    });
  });
});
