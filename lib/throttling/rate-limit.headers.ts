/** What does a client read of its limits? Header lines of one set of buckets, prepared at boot. */

import type { Call } from '../core/call.js';
import { rawResponse } from '../core/transport.js';
import { fillTimeMs, type Rate } from './rate.js';
import type { BucketAnswer } from './token-bucket.js';

/** One bucket of a call, by the name that clients know it by. */
export interface NamedRate {
  readonly name: string;
  readonly rate: Rate;
}

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10: structured lists, the quota `q` being
 * the bucket's capacity and the window `w` the time in which it fills.
 */
export class RateLimitHeaders {
  readonly #policy: string;
  readonly #items: readonly string[];
  readonly #tokenMs: readonly number[];

  constructor(private readonly named: readonly NamedRate[]) {
    this.#policy = named
      .map(({ name, rate }) => `"${name}";q=${rate.capacity};w=${seconds(fillTimeMs(rate))}`)
      .join(', ');
    this.#items = named.map(({ name }) => `"${name}";r=`);
    this.#tokenMs = named.map(({ rate }) => rate.refillPeriodMs / rate.refillTokens);
  }

  write(call: Call, answers: readonly BucketAnswer[]): void {
    call.setHeader('RateLimit-Policy', this.#policy);
    call.setHeader('RateLimit', this.#state(answers));
  }

  /** The same, behind what the response says already of other buckets. */
  append(call: Call, answers: readonly BucketAnswer[]): void {
    const response = rawResponse(call.response);
    const behind = (name: string, value: string): void => {
      const said = response.getHeader(name);
      call.setHeader(name, typeof said === 'string' ? `${said}, ${value}` : value);
    };
    behind('RateLimit-Policy', this.#policy);
    behind('RateLimit', this.#state(answers));
  }

  /** The `X-RateLimit-*` of old know one bucket only: the one that will refuse first. */
  writeLegacy(call: Call, answers: readonly BucketAnswer[]): void {
    let tightest = 0;
    for (let index = 1; index < answers.length; index++) {
      if (answers[index]!.remaining < answers[tightest]!.remaining) tightest = index;
    }
    const { remaining, resetMs } = answers[tightest]!;
    call.setHeader('X-RateLimit-Limit', String(this.named[tightest]!.rate.capacity));
    call.setHeader('X-RateLimit-Remaining', String(remaining));
    call.setHeader('X-RateLimit-Reset', String(Math.ceil(resetMs / 1000)));
  }

  #state(answers: readonly BucketAnswer[]): string {
    let state = this.#item(0, answers[0]!);
    for (let index = 1; index < answers.length; index++) state += `, ${this.#item(index, answers[index]!)}`;
    return state;
  }

  /** `t`: when there is more. After a refusal that is when the call would pass, as `Retry-After` says. */
  #item(index: number, { allowed, remaining, retryAfterMs, resetMs }: BucketAnswer): string {
    const item = this.#items[index]! + remaining;
    if (resetMs === 0) return item;
    const fullOfMs = (this.named[index]!.rate.capacity - remaining - 1) * this.#tokenMs[index]!;
    const moreInMs = allowed ? resetMs - fullOfMs : (retryAfterMs ?? resetMs);
    return `${item};t=${seconds(moreInMs)}`;
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
