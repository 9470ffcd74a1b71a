/** Who hears of an upgrade? The door alone, whoever else listens: no socket is left unanswered, or without anybody who hears its errors. */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export class UpgradeGate {
  constructor(
    private readonly server: Server,
    hears: UpgradeListener,
  ) {
    const emit = server.emit.bind(server) as (name: string | symbol, ...args: unknown[]) => boolean;
    server.emit = (name: string | symbol, ...args: unknown[]): boolean => {
      if (name !== 'upgrade') return emit(name, ...args);
      const [request, socket, head] = args as Parameters<UpgradeListener>;
      // Node has taken its own listener away: a client that resets the connection would take the process with it.
      socket.on('error', () => socket.destroy());
      hears(request, socket, head);
      return true;
    };
  }

  /** Node tells of no upgrade for which nobody listens, and answers it as a request. */
  open(): void {
    if (!this.server.listeners('upgrade').includes(heardByTheDoor)) this.server.on('upgrade', heardByTheDoor);
  }

  /** Whoever listens besides: the app itself, a development server. */
  get others(): readonly UpgradeListener[] {
    return this.server.listeners('upgrade').filter((each) => each !== heardByTheDoor) as UpgradeListener[];
  }

  /** Hands an upgrade on to them, who know nothing of each other: the one whose it is takes it. */
  handOn(...[request, socket, head]: Parameters<UpgradeListener>): void {
    for (const listener of this.others) listener.call(this.server, request, socket, head);
  }
}

/** Its being there is what counts. */
function heardByTheDoor(): void {}
