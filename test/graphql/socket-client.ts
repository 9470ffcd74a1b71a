/** A client of GraphQL over sockets: what it hears, and how that ends. */

import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import type { GraphQLHost } from '../transports/over-graphql.js';

/** Everything that one operation came to. */
export interface Heard {
  readonly values: unknown[];
  readonly errors: unknown[];
  readonly closed?: { readonly code: number; readonly reason: string };
  /** The HTTP status where the upgrade was refused. */
  readonly refused?: number;
}

export interface Opening {
  readonly params?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  readonly path?: string;
  readonly from?: string;
}

/** How an app of this driver switches its subscriptions on. */
export function subscribing({ driver }: GraphQLHost, own: unknown = true): object {
  return driver === 'apollo' ? { subscriptions: { 'graphql-ws': own } } : { subscription: own };
}

export class SocketClient {
  readonly #client: Client;
  readonly #refused: { status?: number } = {};
  /** The WebSocket beneath, once something was asked. */
  raw: WebSocket | undefined;

  constructor(url: string, { params = {}, headers = {}, path = '/graphql', from }: Opening = {}) {
    // eslint-disable-next-line -- the class below has a `this` of its own
    const owner = this;
    class Socket extends WebSocket {
      constructor(address: string, protocols?: string | string[]) {
        super(address, protocols, { headers, ...(from !== undefined && { localAddress: from }) });
        owner.raw = this;
        this.on('unexpected-response', (_request, { statusCode }) => {
          owner.#refused.status = statusCode!;
          this.close();
        });
        this.on('error', () => undefined);
      }
    }
    this.#client = createClient({
      url: url.replace('http', 'ws') + path,
      webSocketImpl: Socket,
      connectionParams: params,
      retryAttempts: 0,
      lazy: true,
      onNonLazyError: () => undefined,
    });
  }

  hear(query: string, onFirst = (): void => undefined): Promise<Heard> {
    const heard = { values: [] as unknown[], errors: [] as unknown[] };
    return new Promise((resolve) => {
      this.#client.subscribe(
        { query },
        {
          next: ({ data, errors }) => {
            if (data) heard.values.push(data);
            onFirst();
            heard.errors.push(...(errors ?? []));
          },
          error: (error) => {
            if (Array.isArray(error)) return resolve({ ...heard, errors: [...heard.errors, ...(error as unknown[])] });
            if (this.#refused.status !== undefined) return resolve({ ...heard, refused: this.#refused.status });
            const { code, reason } = error as { code: number; reason: string };
            resolve({ ...heard, closed: { code, reason } });
          },
          complete: () => resolve(heard),
        },
      );
    });
  }

  /** Waits for the first value, lets the test do something, and says what came of it. */
  async meanwhile(query: string, act: () => unknown): Promise<Heard> {
    let first = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (first = resolve));
    const heard = this.hear(query, first);
    await Promise.race([arrived, heard]);
    await act();
    return heard;
  }

  async close(): Promise<void> {
    await this.#client.dispose();
    this.raw?.terminate();
  }
}
