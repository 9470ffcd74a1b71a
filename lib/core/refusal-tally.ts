/** How often was the same thing refused within one request? */

import { Inject, Injectable } from '@nestjs/common';
import { SecurityEvents, type SecurityEvent } from './events.js';
import { rawResponse, type Exchange } from './transport.js';

type Refusal = Extract<
  SecurityEvent,
  { readonly kind: 'access_refused' | 'credential_refused' | 'rate_limited' | 'input_refused' }
>;

interface Tally {
  readonly first: Refusal;
  count: number;
}

/**
 * A field of a list is asked for once per item. What is refused of it is told once, with a count, when the request has been answered, so
 * that one request cannot fill a log.
 */
@Injectable()
export class RefusalTally {
  readonly #open = new WeakMap<object, Map<string, Tally>>();

  constructor(@Inject(SecurityEvents) private readonly events: SecurityEvents) {}

  /** @param what the part that was refused, by a name that no other part of the request has. */
  add({ response }: Pick<Exchange, 'response'>, what: string, refusal: Refusal): void {
    const raw = rawResponse(response);
    let tallies = this.#open.get(raw);
    if (tallies === undefined) {
      const opened = new Map<string, Tally>();
      this.#open.set(raw, (tallies = opened));
      const tell = (): void => {
        if (this.#open.get(raw) === opened) this.#open.delete(raw);
        for (const { first, count } of opened.values()) this.events.emit(count === 1 ? first : { ...first, count });
        opened.clear();
      };
      // On a socket nothing ends: what is refused in one turn is told together.
      if (typeof (raw as Partial<typeof raw>).listenerCount !== 'function' || raw.writableFinished || raw.destroyed) {
        setImmediate(tell);
      } else {
        raw.once('finish', tell);
        raw.once('close', tell);
      }
    }
    const key = JSON.stringify([what, refusal.kind, refusal.code]);
    const tally = tallies.get(key);
    if (tally === undefined) tallies.set(key, { first: refusal, count: 1 });
    else tally.count++;
  }
}
