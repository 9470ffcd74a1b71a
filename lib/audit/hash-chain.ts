/** How does a row of a log answer for those before it? Pure: who keeps the rows does not matter. */

import { createHash, createHmac } from 'node:crypto';

/** What happened, as it is kept. */
export interface ChainContent {
  /** Nobody else's: two events that are alike are still two. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly kind: string;
  readonly level: string;
  /** The whole event: one line of JSON. */
  readonly event: string;
}

/** A place in the chain: how many rows there are up to it, and what they hash to. Kept elsewhere, it vouches for all of them. */
export interface ChainHead {
  readonly seq: number;
  /** 64 hex digits. */
  readonly hash: string;
}

export interface ChainLink extends ChainContent, ChainHead {}

/** `missing`: the row is not there. `altered`: it is not what was written there; a row of another place is not either. */
export interface ChainBreak {
  readonly seq: number;
  readonly problem: 'missing' | 'altered';
}

/** Without it anybody who can write can compute. */
export type ChainKey = string | Uint8Array;

/** Before the first row. */
export const CHAIN_START: ChainHead = Object.freeze({ seq: 0, hash: '0'.repeat(64) });

/** The rows that follow a head, each with the hash of the one before in its own. */
export function extendChain(head: ChainHead, contents: readonly ChainContent[], key?: ChainKey): ChainLink[] {
  let { seq, hash } = head;
  return contents.map((content) => {
    hash = linkHash(hash, ++seq, content, key);
    return { seq, ...content, hash };
  });
}

/**
 * The first row that breaks the chain. Undefined: each is what was written, where it was written.
 *
 * @param links By their place, beginning with the row after `head`.
 * @param keys Those that were in use; any one of them vouches for a row. None: plain hashes.
 */
export function firstBreak(
  head: ChainHead,
  links: readonly ChainLink[],
  keys: readonly ChainKey[] = [],
): ChainBreak | undefined {
  let { seq, hash } = head;
  for (const link of links) {
    seq++;
    if (link.seq !== seq) return { seq, problem: 'missing' };
    const hashes = keys.length === 0 ? [linkHash(hash, seq, link)] : keys.map((key) => linkHash(hash, seq, link, key));
    if (!hashes.includes(link.hash)) return { seq, problem: 'altered' };
    hash = link.hash;
  }
  return undefined;
}

function linkHash(
  previous: string,
  seq: number,
  { id, timeMs, kind, level, event }: ChainContent,
  key?: ChainKey,
): string {
  // As JSON, so that no two rows are written alike.
  const text = JSON.stringify([previous, seq, id, timeMs, kind, level, event]);
  return (key === undefined ? createHash('sha256') : createHmac('sha256', key)).update(text).digest('hex');
}
