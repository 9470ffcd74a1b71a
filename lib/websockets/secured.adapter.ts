/** How do gateways get their connections and messages? From the app's own adapter, but for what the door let in. */

import type { IncomingMessage, Server } from 'node:http';
import type { WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { ConnectionWatch } from '../sockets/connection.watch.js';
import type { Principal } from '../core/principal.js';
import { admittedOf, type Doorway } from '../sockets/doorway.js';
import type { Opening } from '../sockets/opening.js';
import type { RawSocket } from '../sockets/raw-socket.js';
import type { SocketDoor } from '../sockets/socket.door.js';
import type { SocketSettings } from '../sockets/socket.options.js';
import type { UpgradeListener } from '../sockets/upgrade.gate.js';
import { Wire, type WireParts, type WireRules } from '../sockets/wire.js';
import { attachConnection, Connection, connectionOf } from './connection.js';
import type { Doorkeeper } from './doorkeeper.js';
import { placeOf } from './gateway-routes.js';
import type { MessageAnswers } from './message-answer.js';
import { NamespaceDoor } from './namespace.door.js';
import { checkServerOptions, limitedOptions, type ServerOptions } from './server-options.js';
import { isIoServer, isWsServer, type IoNamespace, type IoServer, type WsServer } from './socket-like.js';
import { SocketRequest } from './socket-request.js';

type RequestListener = (...args: unknown[]) => void;

export interface AdapterParts {
  readonly inner: WebSocketAdapter;
  readonly http: Server;
  readonly door: SocketDoor;
  readonly doorkeeper: Doorkeeper;
  readonly settings: SocketSettings;
  readonly watch: ConnectionWatch;
  readonly answers: MessageAnswers;
  readonly wire: WireParts;
}

export class SecuredAdapter implements WebSocketAdapter<object, object, ServerOptions> {
  readonly #namespaces: NamespaceDoor;
  readonly #listeners = new Set<UpgradeListener>();

  constructor(private readonly parts: AdapterParts) {
    this.#namespaces = new NamespaceDoor(parts);
  }

  /** Nest tells its adapter how the app is closed. */
  set forceCloseConnections(value: boolean) {
    Reflect.set(this.parts.inner, 'forceCloseConnections', value);
  }

  /** @throws TypeError for a gateway on a port of its own, and for long polling. */
  create(port: number, options: ServerOptions = {}): object {
    checkServerOptions(port, options);
    const { inner } = this.parts;
    const { path, namespace, server } = options;
    if (server !== undefined) {
      const made = inner.create(port, options) as IoNamespace;
      this.#namespaces.guard(made, placeOf(path, namespace));
      return made as object;
    }
    const { made, upgrades } = this.#takingListeners(
      () => inner.create(port, limitedOptions(options, this.parts.settings)) as object,
    );
    if (isWsServer(made)) this.#openWs(made, path, upgrades);
    else if (isIoServer(made)) this.#openIo(made, path, upgrades);
    else
      throw new TypeError(
        'secureWebSockets: use WsAdapter of @nestjs/platform-ws or IoAdapter of @nestjs/platform-socket.io.',
      );
    this.parts.watch.start();
    return made;
  }

  bindClientConnect(server: object, callback: (...args: unknown[]) => void): void {
    this.parts.inner.bindClientConnect(server, callback);
  }

  bindClientDisconnect(client: object, callback: (...args: unknown[]) => void): void {
    this.parts.inner.bindClientDisconnect?.(client, callback);
  }

  closeClient(client: object): void {
    const { inner } = this.parts;
    if (inner.closeClient !== undefined) inner.closeClient(client);
    else connectionOf(client)?.wire.raw.terminate();
  }

  /** Sends along with each message who sent it: guards and parameters find it among the arguments. */
  bindMessageHandlers(
    client: object,
    handlers: WsMessageHandler[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    const connection = connectionOf(client);
    if (connection === undefined) return;
    const { inner, answers } = this.parts;
    const secured = handlers.map(({ callback, ...rest }) => ({
      ...rest,
      callback: (...args: unknown[]) => {
        const message = SocketRequest.forMessage(connection, String(rest.message), args[0]);
        return answers.filtered(callback(...args, message), message, client);
      },
    }));
    inner.bindMessageHandlers(client, secured, transform);
  }

  close(server: object): Promise<void> {
    return Promise.resolve(this.parts.inner.close(server) as void | Promise<void>);
  }

  async dispose(): Promise<void> {
    this.parts.watch.stop();
    const { inner } = this.parts as unknown as { inner: { dispose?(): Promise<void> } };
    await inner.dispose?.();
  }

  /** Runs what puts listeners on the HTTP server. Those for upgrades are ours to call, those for requests are not wanted. */
  #takingListeners(make: () => object): { made: object; upgrades: UpgradeListener[] } {
    const { http } = this.parts;
    const requests = http.listeners('request') as RequestListener[];
    const before = new Set(http.listeners('upgrade'));
    const made = make();
    http.removeAllListeners('request');
    for (const listener of requests) http.on('request', listener);
    const upgrades = http.listeners('upgrade').filter((each) => !before.has(each)) as UpgradeListener[];
    for (const listener of upgrades) http.off('upgrade', listener);
    return { made, upgrades };
  }

  #openWs(server: WsServer, path: string | undefined, upgrades: readonly UpgradeListener[]): void {
    const { doorkeeper, watch, wire: parts } = this.parts;
    const place = placeOf(path, undefined);
    this.#serve(
      place,
      (asked) => asked === place,
      upgrades,
      (opening) => doorkeeper.admit(opening),
    );
    server.prependListener('connection', (raw: RawSocket, request: IncomingMessage) => {
      const admitted = admittedOf(request);
      if (admitted === undefined) return raw.terminate();
      const { opening, address, principal } = admitted;
      const wire = new Wire(raw, place, address, parts, FRAMES_OF_WS);
      const connection = new Connection(wire, opening, principal, raw, doorkeeper);
      wire.members.add(connection);
      attachConnection(raw, connection);
      watch.add(wire);
    });
  }

  #openIo(server: IoServer, path: string | undefined, upgrades: readonly UpgradeListener[]): void {
    const prefix = `${server.path()}/`;
    const place = placeOf(path, undefined);
    this.#serve(place, (asked) => asked.startsWith(prefix), upgrades);
    this.#namespaces.open(server, place);
  }

  /** What listened for upgrades hears from now on only of those that were let in at its own place. */
  #serve(
    place: string,
    takes: Doorway['takes'],
    upgrades: readonly UpgradeListener[],
    admit?: (opening: Opening) => Promise<Principal | undefined>,
  ): void {
    const { door, http, settings } = this.parts;
    const letIn: UpgradeListener = (...upgrade) => {
      for (const listener of this.#listeners) listener.call(http, ...upgrade);
    };
    for (const listener of upgrades) this.#listeners.add(listener);
    door.add(http, { place, settings, takes, ...(admit && { admit }), letIn });
  }
}

const FRAMES_OF_WS: WireRules = Object.freeze({ isMessage: () => true, excess: 'drop' });
