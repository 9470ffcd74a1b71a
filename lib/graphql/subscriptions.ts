/** Who is on the other end of a subscription, and are they still who they were? Over `graphql-ws`, for ApolloDriver. */

import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { optionError } from '../core/checks.js';
import { CLOCK, type Clock } from '../core/clock.js';
import { CLIENT_ADDRESS, type ClientAddress } from '../core/client-address.js';
import { SecurityError, type SecurityErrorCode } from '../core/errors.js';
import { SecurityEvents } from '../core/events.js';
import { eventPathOf } from '../core/transport.js';
import { noResponse, type Exchange, type HttpRequest } from '../core/transport.js';
import { bearerToken } from '../authentication/jwt/bearer-token.js';
import { Edge } from '../edge/edge.js';
import { isAllowedOrigin } from '../edge/origins.js';
import { TokenVerifier } from '../authentication/jwt/token-verifier.js';
import { AddressGate } from '../throttling/address-gate.js';
import type { OperationRequest } from './operation.gate.js';

/** What subscriptions share with operations that come by HTTP. */
export interface GraphQLWsOptions {
  contextOf(exchange: Exchange, args: readonly unknown[]): Promise<object>;
  admit(exchange: Exchange, operation: OperationRequest): void;
  format(error: unknown): unknown;
}

/** A private code of the WebSocket registry (RFC 6455 §7.4.2). graphql-ws itself closes with 4403 what `onConnect` refuses. */
const CLOSE_UNAUTHORIZED = 4401;

interface Socket {
  close(code: number, reason: string): void;
}

/** What graphql-ws keeps of a connection. */
interface Connection {
  readonly connectionParams?: Readonly<Record<string, unknown>>;
  readonly extra: {
    readonly socket: Socket;
    readonly request: IncomingMessage;
    bulwark?: HttpRequest;
    bulwarkEnded?: boolean;
  };
}

interface SubscribeArgs {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

/** Longer timers overflow, and fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** What a good token comes to, sooner or later. */
const AGED: ReadonlySet<string> = new Set(['token_expired', 'token_revoked']);

const OURS = ['context', 'onSubscribe', 'onConnect', 'onNext', 'onError'] as const;

@Injectable()
export class Subscriptions {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
    @Inject(Edge) private readonly edge: Edge,
    @Inject(AddressGate) private readonly gate: AddressGate,
  ) {}

  /** @throws TypeError for another protocol, or a hook that would take the place of ours. */
  secure(given: Readonly<Record<string, unknown>>, shared: GraphQLWsOptions): object {
    const option = 'GraphQLSecurity.apollo().subscriptions';
    const other = Object.keys(given).find((name) => name !== 'graphql-ws');
    if (other !== undefined)
      throw optionError(`${option}.${other}`, given[other], 'is not supported', "Use 'graphql-ws'.");
    const own = (typeof given['graphql-ws'] === 'object' ? given['graphql-ws'] : {}) as Record<string, unknown>;
    for (const name of OURS) {
      if (own[name] !== undefined) {
        throw optionError(
          `${option}['graphql-ws'].${name}`,
          own[name],
          'takes the place of our check',
          'Leave it out.',
        );
      }
    }
    return {
      'graphql-ws': {
        ...own,
        connectionInitWaitTimeout: own.connectionInitWaitTimeout ?? 3000,
        onConnect: (connection: Connection) => this.#connect(connection),
        context: (connection: Connection, ...more: unknown[]) =>
          shared.contextOf(exchangeOf(connection), [connection, ...more]),
        onSubscribe: (connection: Connection, ...more: unknown[]) => {
          // Older versions hand over a message that holds the operation, newer ones its id and the operation.
          const operation = (more.length > 1 ? more[1] : (more[0] as { payload?: unknown })?.payload) as SubscribeArgs;
          try {
            shared.admit(exchangeOf(connection), operation ?? {});
          } catch (error) {
            return [error];
          }
        },
        onNext: (connection: Connection, ...more: unknown[]) => this.#next(connection, more, shared),
        onError: (_connection: Connection, ...more: unknown[]) => {
          const errors = (more.length > 1 ? more.at(-1) : (more[0] as { payload?: unknown })?.payload) as unknown;
          return Array.isArray(errors) ? errors.map((error) => shared.format(error)) : undefined;
        },
      },
    };
  }

  /** Nobody is asked for a token to connect: each operation says whether it needs one. But a broken one ends it here. */
  async #connect(connection: Connection): Promise<boolean> {
    const { request } = connection.extra;
    const { origin } = request.headers;
    if (origin !== undefined && !isSameHost(origin, request) && !isAllowedOrigin(origin, this.edge.settings.origins)) {
      this.#tell(connection, 'cross_origin', 'socket_from_unlisted_origin');
      return false;
    }
    const named = authorizationOf(connection.connectionParams);
    if (named !== undefined && request.headers.authorization !== undefined) return false;
    const token = named ?? request.headers.authorization;
    // A view of the handshake with the token where REST has it, so that the same checks read it.
    connection.extra.bulwark = Object.create(request, {
      headers: { value: { ...request.headers, ...(token !== undefined && { authorization: token }) } },
    }) as HttpRequest;
    // Before any signature is verified, as for a request.
    if (this.gate.refusesForMs(connection.extra.bulwark, this.addresses.of(request)) > 0) {
      this.#tell(connection, 'rate_limited', 'address_blocked');
      return false;
    }
    try {
      const expiresAtMs = await this.#recheck(connection);
      if (expiresAtMs !== undefined) this.#closeAt(connection, expiresAtMs);
      return true;
    } catch (error) {
      if (!(error instanceof SecurityError)) throw error;
      this.#tell(connection, error.code, error.reason);
      return false;
    }
  }

  /** Before anything is sent: is the token good still? A revoked one is not. */
  async #next(connection: Connection, more: readonly unknown[], shared: GraphQLWsOptions): Promise<unknown> {
    try {
      await this.#recheck(connection);
    } catch (error) {
      this.#close(connection, error instanceof SecurityError ? error.reason : 'token_unknown');
      throw error;
    }
    const result = more.at(-1) as { errors?: readonly unknown[] };
    if (!Array.isArray(result?.errors)) return undefined;
    return { ...result, errors: result.errors.map((error) => shared.format(error)) };
  }

  async #recheck({ extra }: Connection): Promise<number | undefined> {
    const token = extra.bulwark === undefined ? undefined : bearerToken(extra.bulwark);
    if (typeof token !== 'string') return undefined;
    return (await this.verifier.verify(token)).expiresAtMs;
  }

  #closeAt(connection: Connection, expiresAtMs: number): void {
    const waitMs = Math.min(Math.max(0, expiresAtMs - this.clock.now()), LONGEST_TIMER_MS);
    const timer = setTimeout(() => {
      if (this.clock.now() >= expiresAtMs) this.#close(connection, 'token_expired');
      else this.#closeAt(connection, expiresAtMs);
    }, waitMs);
    timer.unref();
    connection.extra.request.socket.once('close', () => clearTimeout(timer));
  }

  #close(connection: Connection, reason: string): void {
    if (connection.extra.bulwarkEnded) return;
    connection.extra.bulwarkEnded = true;
    this.#tell(connection, 'invalid_token', reason);
    connection.extra.socket.close(CLOSE_UNAUTHORIZED, 'invalid_token');
  }

  #tell({ extra: { request } }: Connection, code: SecurityErrorCode, reason: string): void {
    const path = eventPathOf(request as HttpRequest);
    this.events.emit({
      // An address is charged for broken credentials, and not for tokens that grew old.
      kind: code === 'invalid_token' && !AGED.has(reason) ? 'credential_refused' : 'access_refused',
      timeMs: this.clock.now(),
      level: 'warning',
      subject: { method: 'GET', path, address: this.addresses.of(request) },
      stage: 'subscription',
      code,
      reason,
    });
  }
}

/** One per operation, so that two subscriptions of a connection are never taken for one request. */
function exchangeOf({ extra }: Connection): Exchange {
  return { request: Object.create(extra.bulwark ?? extra.request) as HttpRequest, response: noResponse() };
}

function authorizationOf(params: Connection['connectionParams']): string | undefined {
  const named = params?.authorization ?? params?.Authorization;
  return typeof named === 'string' ? named : undefined;
}

/** A page of another site may open a socket to us, and the browser sends its cookies along (CWE-1385). */
function isSameHost(origin: string, { headers }: IncomingMessage): boolean {
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}
