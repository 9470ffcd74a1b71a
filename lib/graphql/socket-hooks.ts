/** What is asked at each step of a GraphQL connection? Our answers to the hooks of `graphql-ws`. */

import type { OperationRequest } from './operation.gate.js';
import type { SocketSession } from './socket-session.js';
import type { SharedWithHttp } from './subscriptions.js';

/** What graphql-ws keeps of a connection. */
interface Connection {
  readonly connectionParams?: unknown;
  readonly extra: { readonly socket: object };
}

export function socketHooks(
  sessionOf: (socket: object) => SocketSession | undefined,
  { contextOf, admit, format }: SharedWithHttp,
): object {
  const session = ({ extra }: Connection): SocketSession => {
    const found = sessionOf(extra.socket);
    if (found !== undefined) return found;
    throw new TypeError('A GraphQL connection was opened past the door.');
  };
  return {
    onConnect: (connection: Connection) => session(connection).begin(connection.connectionParams),
    context: (connection: Connection, ...more: unknown[]) =>
      contextOf(session(connection).exchange(), [connection, ...more]),
    onSubscribe: async (connection: Connection, ...more: unknown[]) => {
      // Older versions hand over a message that holds the operation, newer ones its id and the operation.
      const sent = more.length > 1 ? more[1] : (more[0] as { payload?: unknown })?.payload;
      try {
        await admit(session(connection).exchange(), (sent ?? {}) as OperationRequest);
      } catch (error) {
        return [error];
      }
      return undefined;
    },
    onNext: async (connection: Connection, ...more: unknown[]) => {
      // Nothing is sent over a connection that is at its end, whatever is answered here.
      if (!(await session(connection).mayHear())) return {};
      const result = more.at(-1) as { errors?: readonly unknown[] };
      if (!Array.isArray(result?.errors)) return undefined;
      return { ...result, errors: result.errors.map((error) => format(error)) };
    },
    onError: (_connection: Connection, ...more: unknown[]) => {
      const errors = more.length > 1 ? more.at(-1) : (more[0] as { payload?: unknown })?.payload;
      return Array.isArray(errors) ? errors.map((error) => format(error)) : undefined;
    },
  };
}
