/** Is it worth asking? After failures nobody waits for a server that does not answer, until it answered a probe in time. */

/** What a probe found. `gone`: the app closed its client, and nobody has to look again until it is used again. */
export type ProbeResult = 'up' | 'down' | 'gone';

export interface BreakerOptions {
  /** Asks the server something cheap, and gives it as long as any command. Never rejects. */
  readonly probe: () => Promise<ProbeResult>;
  /** Told once, when nobody asks any more, and why. */
  readonly onOpen: (why: string) => void;
  /** Told once, when all is well again. */
  readonly onClose: () => void;
}

/** One slow or lost answer is a hiccup. This many in a row, with no good one in between, are an outage. */
const FAILURES_TO_OPEN = 3;

/** So long between two probes, in milliseconds: how long an outage that is over still lasts at most. */
export const PROBE_EVERY_MS = 250;

/** Opens on a lost server at once and on failures in a row; closes by itself, without waiting for a request. */
export class StoreBreaker {
  #failures = 0;
  #open = false;
  #probing = false;

  constructor(private readonly options: BreakerOptions) {}

  /** Open: nothing is sent. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** An answer came in time. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** No answer came in time, or none that is worth anything. */
  failed(why: string): void {
    if (++this.#failures >= FAILURES_TO_OPEN) this.open(why);
  }

  /** The server cannot be reached, or said that it cannot serve. Said again, it changes nothing. */
  open(why: string): void {
    if (!this.#open) {
      this.#open = true;
      this.options.onOpen(why);
    }
    if (this.#probing) return;
    this.#probing = true;
    // At once: if it was a hiccup, it is over when the first probe is answered.
    setImmediate(() => void this.#probe());
  }

  async #probe(): Promise<void> {
    const found = await this.options.probe();
    if (found === 'down') {
      // Not kept alive for that: a process that has nothing else to do may end.
      setTimeout(() => void this.#probe(), PROBE_EVERY_MS).unref();
      return;
    }
    this.#probing = false;
    if (found === 'gone') return;
    this.#open = false;
    this.#failures = 0;
    this.options.onClose();
  }
}
