/** Is everybody who is connected still there, and still allowed to be? Asked at intervals, for who sends nothing is never asked. */

import { SecurityError } from '../core/errors.js';
import { CloseCode, type Closing } from './close-code.js';
import type { Connection } from './connection.js';
import type { Doorkeeper } from './doorkeeper.js';
import type { WebSocketSettings } from './websockets.options.js';
import type { Wire } from './wire.js';

/** How many credentials are asked about at once: each may be a question to a store. */
const AT_ONCE = 64;

/** So often in a row nobody may be able to say whether a credential is good, before its connection is closed. */
const UNANSWERED_MOST = 2;

export class ConnectionWatch {
  readonly #wires = new Set<Wire>();
  #timers: readonly NodeJS.Timeout[] = [];
  #isSweeping = false;

  constructor(
    private readonly doorkeeper: Doorkeeper,
    private readonly settings: Pick<WebSocketSettings, 'checkEveryMs' | 'heartbeatMs'>,
  ) {}

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
        [...wire.connections].filter(({ principal }) => principal !== undefined),
      );
      for (let from = 0; from < known.length; from += AT_ONCE) {
        await Promise.all(known.slice(from, from + AT_ONCE).map((connection) => this.#judge(connection)));
      }
    } finally {
      this.#isSweeping = false;
    }
  }

  async #judge(connection: Connection): Promise<void> {
    const closing = await this.#verdictOn(connection);
    if (closing !== undefined) connection.end(closing);
  }

  async #verdictOn(connection: Connection): Promise<Closing | undefined> {
    try {
      await this.doorkeeper.recheck(connection.opening);
      connection.unanswered = 0;
      return undefined;
    } catch (error) {
      if (error instanceof SecurityError && error.getStatus() < 500) return credentialEnded(error.reason);
      // Closed, but not at the first try: a store that restarts must not send everybody away at once.
      if (++connection.unanswered < UNANSWERED_MOST) return undefined;
      return { closeCode: CloseCode.tryAgainLater, code: 'unavailable', reason: 'credential_unverifiable' };
    }
  }
}

function credentialEnded(reason: string): Closing {
  return { closeCode: CloseCode.credentialEnded, code: 'invalid_token', reason };
}
