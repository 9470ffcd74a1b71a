/** Is everybody who is connected still there, and still allowed to be? Asked at intervals, for who sends nothing is never asked. */

import { CloseCode, closingFor, type Closing } from './close-code.js';
import type { Member } from './member.js';
import type { SocketSettings } from './socket.options.js';
import type { Wire } from './wire.js';

/** How many credentials are asked about at once: each may be a question to a store. */
const AT_ONCE = 64;

/** So often in a row nobody may be able to say whether a credential is good, before its connection is closed. */
const UNANSWERED_MOST = 2;

export class ConnectionWatch {
  readonly #wires = new Set<Wire>();
  #timers: readonly NodeJS.Timeout[] = [];
  #isSweeping = false;

  constructor(private readonly settings: Pick<SocketSettings, 'checkEveryMs' | 'heartbeatMs'>) {}

  start(): void {
    if (this.#timers.length > 0) return;
    const { checkEveryMs, heartbeatMs } = this.settings;
    this.#timers = [
      setInterval(() => void this.sweep(), checkEveryMs).unref(),
      setInterval(() => this.probe(), heartbeatMs).unref(),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  add(wire: Wire): void {
    this.#wires.add(wire);
    wire.raw.once('close', () => this.#wires.delete(wire));
  }

  /** Cuts off whoever gave no sign of life since the last time. */
  probe(): void {
    for (const wire of this.#wires) wire.probe();
  }

  /** Asks for every credential. A store that takes longer than the interval is not asked twice at once. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      const known = [...this.#wires].flatMap((wire) =>
        [...wire.members].filter(({ principal }) => principal !== undefined).map((member) => ({ wire, member })),
      );
      for (let from = 0; from < known.length; from += AT_ONCE) {
        await Promise.all(known.slice(from, from + AT_ONCE).map(({ wire, member }) => this.#judge(wire, member)));
      }
    } finally {
      this.#isSweeping = false;
    }
  }

  async #judge(wire: Wire, member: Member): Promise<void> {
    const closing = await this.#verdictOn(member);
    if (closing !== undefined) wire.end(closing, member);
  }

  async #verdictOn(member: Member): Promise<Closing | undefined> {
    try {
      await member.recheck();
      member.unanswered = 0;
      return undefined;
    } catch (error) {
      const closing = closingFor(error);
      // Closed, but not at the first try: a store that restarts must not send everybody away at once.
      const isUnanswered = closing.closeCode === CloseCode.tryAgainLater;
      return isUnanswered && ++member.unanswered < UNANSWERED_MOST ? undefined : closing;
    }
  }
}
