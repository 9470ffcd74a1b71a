/** Which of two tokens was issued first? Their ids tell, also within one millisecond. */

import { randomBytes } from 'node:crypto';

/**
 * When a token was issued: the first 18 characters of a UUIDv7, the milliseconds since the epoch and a counter in
 * lower-case hex. Compared as text.
 */
export type IssueStamp = string;

const STAMP_LENGTH = 18;
const STAMP = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Numbers what one process issues, so that whatever came later is greater, even where the clock stands still or steps
 * back (RFC 9562 §6.2, method 1). Between processes the order is as good as their clocks agree.
 */
export class IssueStamps {
  #ms = 0;
  #count = 0;

  /** A token id (UUIDv7, RFC 9562 §5.7): greater than every stamp before it, or as of an earlier stamp. */
  nextId(nowMs: number, stamp = this.next(nowMs)): string {
    const random = randomBytes(8);
    random[0] = (random[0]! & 0x3f) | 0x80;
    const tail = random.toString('hex');
    return `${stamp}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  }

  next(nowMs: number): IssueStamp {
    const ms = Math.floor(nowMs);
    if (ms > this.#ms) [this.#ms, this.#count] = [ms, 0];
    else if (this.#count < 0xfff) this.#count++;
    else [this.#ms, this.#count] = [this.#ms + 1, 0];
    return stamp(this.#ms, this.#count);
  }
}

/**
 * When this token was issued. One that somebody else gave an id knows the second only, and counts as from just
 * before it: in doubt it was issued earlier, and is revoked.
 */
export function stampOf(tokenId: string | undefined, iat: unknown): IssueStamp {
  if (tokenId !== undefined && UUID_V7.test(tokenId)) return tokenId.slice(0, STAMP_LENGTH);
  return typeof iat === 'number' && iat > 0 ? stamp(Math.floor(iat) * 1000 - 1, 0xfff) : '';
}

/** Milliseconds since the epoch; NaN for what is no stamp. */
export function stampedMs(stamp: IssueStamp): number {
  return STAMP.test(stamp) ? parseInt(stamp.slice(0, 8) + stamp.slice(9, 13), 16) : NaN;
}

function stamp(ms: number, count: number): IssueStamp {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${count.toString(16).padStart(3, '0')}`;
}
