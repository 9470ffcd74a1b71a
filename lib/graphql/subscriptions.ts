/** Serves what comes over sockets, subscriptions before all, for Apollo and Mercurius alike: by our door, over `graphql-ws`. */

import type { IncomingMessage, Server } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { CLOCK, type Clock } from '../core/clock.js';
import { HANDSHAKE } from '../core/handshake.js';
import type { Principal } from '../core/principal.js';
import type { Exchange, HttpRequest } from '../core/transport.js';
import { ConnectionWatch } from '../sockets/connection.watch.js';
import { admittedOf } from '../sockets/doorway.js';
import type { Opening } from '../sockets/opening.js';
import type { RawSocket } from '../sockets/raw-socket.js';
import { SocketDoor } from '../sockets/socket.door.js';
import { Wire, type WireRules } from '../sockets/wire.js';
import type { Endpoint } from './endpoint.js';
import { GRAPHQL_SETTINGS, type GraphQLSettings } from './graphql.options.js';
import { loadGraphQLWs, type Disposable, type GraphQLWs, type SocketServer } from './graphql-ws.peer.js';
import type { OperationRequest } from './operation.gate.js';
import { SocketCredentials } from './socket-credentials.js';
import { SocketSession, type SessionParts } from './socket-session.js';
import { socketHooks } from './socket-hooks.js';
import type { OwnSubscriptionOptions } from './subscription.options.js';

/** What operations that come over a socket share with those that come by HTTP. */
export interface SharedWithHttp {
  readonly contextOf: (exchange: Exchange, args: readonly unknown[]) => Promise<object>;
  readonly admit: (exchange: Exchange, operation: OperationRequest) => void | Promise<void>;
  readonly format: (error: unknown) => unknown;
}

/** One endpoint that is served over sockets. */
export interface SocketEndpoint {
  readonly endpoint: Endpoint;
  readonly own: OwnSubscriptionOptions;
  readonly useGlobalPrefix: boolean;
  readonly shared: SharedWithHttp;
}

/** Of an operation that is dropped nobody could be told, and its client would wait for ever. */
const FRAMES: WireRules = Object.freeze({ isMessage: () => true, excess: 'close', isLoud: true });

/** How long clients have to go when the app stops. */
const GOODBYE_MS = 1_000;

@Injectable()
export class Subscriptions implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #endpoints: SocketEndpoint[] = [];
  readonly #sessions = new WeakMap<object, SocketSession>();
  /** Those whose credential was not looked at yet. */
  readonly #unasked = new WeakSet<IncomingMessage>();
  readonly #servers: { readonly server: SocketServer; readonly served: Disposable }[] = [];
  readonly #watch: ConnectionWatch;
  readonly #parts: SessionParts;

  constructor(
    @Inject(GRAPHQL_SETTINGS) private readonly settings: GraphQLSettings,
    @Inject(SocketDoor) private readonly door: SocketDoor,
    @Inject(SocketCredentials) private readonly credentials: SocketCredentials,
    @Inject(CLOCK) clock: Clock,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {
    this.#watch = new ConnectionWatch(settings.sockets);
    this.#parts = { door, credentials, clock };
  }

  /** Noted while the driver's options are made, served once its schema is built. */
  add(endpoint: SocketEndpoint): void {
    this.#endpoints.push(endpoint);
  }

  /** @throws TypeError for a missing package, and for a subscription that asks for a signature. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.#endpoints.length === 0 || !this.host.httpAdapter) return;
    this.credentials.prepare();
    const packages = await loadGraphQLWs();
    for (const each of this.#endpoints) this.#serve(each, packages);
    this.#watch.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.#watch.stop();
    const timer = setTimeout(() => {
      for (const { server } of this.#servers) for (const client of server.clients) client.terminate();
    }, GOODBYE_MS);
    await Promise.all(this.#servers.map(async ({ served }) => served.dispose()));
    clearTimeout(timer);
  }

  #serve(each: SocketEndpoint, { makeServer, serve }: GraphQLWs): void {
    const { sockets: settings } = this.settings;
    const place = this.#pathOf(each);
    const server = makeServer({ noServer: true, maxPayload: settings.messageLimit, perMessageDeflate: false });
    // Before anybody else listens: what comes is counted from the first frame on.
    server.on('connection', (raw: RawSocket, request: IncomingMessage) => this.#welcome(raw, request, place));
    const served = serve(
      {
        connectionInitWaitTimeout: 3000,
        ...each.own,
        // The name of an error of ours is no client's business, in whatever environment.
        isProd: true,
        schema: () => each.endpoint.schema,
        ...socketHooks((raw) => this.#sessions.get(raw), each.shared),
      },
      server,
    );
    this.#servers.push({ server, served });
    this.door.add(this.host.httpAdapter.getHttpServer() as Server, {
      place,
      settings,
      takes: (asked) => asked === place,
      asksAddressLater: true,
      admit: (opening, request) => this.#identify(requestOf(opening, request), request),
      letIn: (request, socket, head) =>
        server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request)),
    });
  }

  /** By what came with the upgrade. Nothing of a blocked address is verified before it has named itself. */
  async #identify(request: HttpRequest, upgrade: IncomingMessage): Promise<Principal | undefined> {
    if (this.door.blocks(request, upgrade)) {
      this.#unasked.add(upgrade);
      return undefined;
    }
    try {
      return await this.credentials.identify(request);
    } catch (error) {
      throw this.door.refusals.ofCredential(error, upgrade);
    }
  }

  #welcome(raw: RawSocket, request: IncomingMessage, place: string): void {
    const admitted = admittedOf(request);
    if (admitted === undefined) return raw.terminate();
    const { opening, address, principal } = admitted;
    const wire = new Wire(raw, place, address, this.door.wireParts(this.settings.sockets), FRAMES);
    const session = new SocketSession(wire, request, requestOf(opening, request), principal, this.#parts);
    session.isAsked = !this.#unasked.has(request);
    this.#sessions.set(raw, session);
    this.#watch.add(wire);
  }

  /** As the driver itself makes it of what the app gave. */
  #pathOf({ endpoint, own, useGlobalPrefix }: SocketEndpoint): string {
    const path = typeof own.path === 'string' ? own.path : endpoint.path;
    const prefix = useGlobalPrefix ? this.config.getGlobalPrefix() : '';
    const parts = [prefix, path].map((part) => part.replace(/^\/+|\/+$/g, ''));
    return `/${parts.filter((part) => part !== '').join('/')}`;
  }
}

/** The request that opened a connection, for as long as that lasts. */
function requestOf({ headers, handshake }: Opening, request: IncomingMessage): HttpRequest {
  return Object.create(request, {
    headers: { value: headers },
    [HANDSHAKE]: { value: handshake },
  }) as HttpRequest;
}
