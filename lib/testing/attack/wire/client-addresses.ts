/** From where does the next client come? Each case has an address of its own, so that none uses up the limits of another. */

import { connect, createServer, isIPv4, type AddressInfo } from 'node:net';

/**
 * 127.0.0.0/8 is all loopback where the system says so, as Linux does. Elsewhere everything comes from 127.0.0.1, and the
 * time is moved on instead.
 */
export class ClientAddresses {
  #last = 0;

  private constructor(readonly areMany: boolean) {}

  /** @param to Where the app listens: to IPv6 one address leads only. */
  static async open(to = '127.0.0.1'): Promise<ClientAddresses> {
    return new ClientAddresses(isIPv4(to) && (await canComeFrom('127.0.0.2')));
  }

  /** Undefined: there is only one. */
  next(): string | undefined {
    if (!this.areMany) return undefined;
    this.#last++;
    // 127.1.0.1 onwards: what runs beside this on 127.0.0.x keeps its limits.
    const [high, middle, low] = [this.#last >>> 16, (this.#last >>> 8) & 0xff, this.#last & 0xff];
    return `127.${1 + (high & 0x7f)}.${middle}.${low}`;
  }
}

function canComeFrom(localAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1', () => {
      const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, localAddress });
      const done = (can: boolean) => () => {
        socket.destroy();
        server.close(() => resolve(can));
      };
      socket.once('connect', done(true)).once('error', done(false));
    });
  });
}
