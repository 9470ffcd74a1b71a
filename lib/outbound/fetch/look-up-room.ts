/** How many names may be looked up at once? Node's `dns.lookup` holds a thread of the process each, and cannot be called off. */

import type { LookupAddress } from 'node:dns';
import { OutboundError } from './outbound-error.js';
import type { SafeLookup } from './safe-fetch.options.js';

type Answer = (error: Error | null, addresses: string | LookupAddress[]) => void;

interface Waiting {
  readonly hostname: string;
  readonly start: () => void;
  readonly timer: NodeJS.Timeout;
}

/** More are refused at once: they would only wait until their time is over. */
const MOST_WAITING = 1_000;

/**
 * Few look-ups at once, and one for each name: whoever asks for the same name gets the same answer. The others wait, for as
 * long as their request may take.
 */
export class LookUpRoom {
  readonly #asked = new Map<string, Answer[]>();
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  constructor(
    private readonly lookup: SafeLookup,
    private readonly most: number,
  ) {}

  ask(hostname: string, timeoutMs: number, answer: Answer): void {
    const others = this.#asked.get(hostname);
    if (others !== undefined) {
      others.push(answer);
      return;
    }
    if (this.#running < this.most) {
      this.#asked.set(hostname, [answer]);
      this.#start(hostname);
    } else if (this.#waiting.size >= MOST_WAITING) {
      answer(new OutboundError('dns_failed', `looking up ${hostname}: too many others wait`), []);
    } else {
      this.#wait(hostname, timeoutMs, answer);
    }
  }

  #wait(hostname: string, timeoutMs: number, answer: Answer): void {
    const late = (): void => {
      this.#waiting.delete(waiting);
      answer(new OutboundError('timeout', `${hostname} was not looked up within ${timeoutMs} ms`), []);
    };
    const waiting: Waiting = {
      hostname,
      timer: setTimeout(late, timeoutMs).unref(),
      start: () => {
        this.#waiting.delete(waiting);
        clearTimeout(waiting.timer);
        this.ask(hostname, timeoutMs, answer);
      },
    };
    this.#waiting.add(waiting);
  }

  #start(hostname: string): void {
    this.#running++;
    let isOver = false;
    const end: Answer = (error, addresses) => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      const all = this.#asked.get(hostname) ?? [];
      this.#asked.delete(hostname);
      for (const answer of all) answer(error, addresses);
      this.#startNext();
    };
    try {
      this.lookup(hostname, { all: true }, end);
    } catch (error) {
      end(error as Error, []);
    }
  }

  #startNext(): void {
    for (const waiting of this.#waiting) {
      if (this.#running < this.most || this.#asked.has(waiting.hostname)) waiting.start();
    }
  }
}
