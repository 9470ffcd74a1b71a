/** Loads the optional packages `ws` and `graphql-ws`, or says what to install. */

import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The server of `ws`: it takes no upgrade by itself. */
export interface SocketServer extends EventEmitter {
  readonly clients: ReadonlySet<{ terminate(): void }>;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (client: unknown) => void): void;
}

export interface Disposable {
  dispose(): Promise<void> | void;
}

export interface GraphQLWs {
  /** @param options Of `ws`. */
  readonly makeServer: (options: object) => SocketServer;
  /**
   * Speaks the protocol over it.
   *
   * @param options Of `graphql-ws`.
   */
  readonly serve: (options: object, server: SocketServer) => Disposable;
}

/** @throws TypeError when one of them is not installed. */
export async function loadGraphQLWs(): Promise<GraphQLWs> {
  try {
    const { WebSocketServer } = await import('ws');
    const { useServer } = await import('graphql-ws/use/ws');
    return {
      makeServer: (options) => new WebSocketServer(options) as SocketServer,
      // Signs of life are asked for by us.
      serve: (options, server) => useServer(options as never, server as never, 0),
    };
  } catch (cause) {
    throw new TypeError(
      'nestjs-bulwark/graphql: subscriptions need the packages `ws` and `graphql-ws`. Run: npm install ws graphql-ws',
      { cause },
    );
  }
}
