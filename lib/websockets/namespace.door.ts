/** Who joins a namespace of socket.io? Asked of each, for each may come with a token of its own. */

import type { SecurityError } from '../core/errors.js';
import { admittedOf, type Admitted } from '../sockets/doorway.js';
import { several } from '../sockets/handshake-credential.js';
import { withToken, type Opening } from '../sockets/opening.js';
import { Wire, type WireRules } from '../sockets/wire.js';
import { attachConnection, Connection } from './connection.js';
import { exceptionFor } from './exception-message.js';
import { tokenOfAuth } from './namespace-token.js';
import type { AdapterParts } from './secured.adapter.js';
import type { EngineSocket, IoNamespace, IoServer, IoSocket, NextOfNamespace } from './socket-like.js';

const WIRE = Symbol('bulwark:wire');

interface Carrier {
  [WIRE]?: Wire;
}

export class NamespaceDoor {
  readonly #guarded = new WeakSet<IoNamespace>();

  constructor(private readonly parts: AdapterParts) {}

  /** The server itself, and its first namespace, which is there whether a gateway is or not. */
  open(server: IoServer, place: string): void {
    server.engine.prependListener('connection', (socket: EngineSocket) => this.#connect(socket, place));
    this.guard(server.of('/'), place);
  }

  /** Once: several gateways may share a namespace, and the first one of the server is `/`. */
  guard(namespace: IoNamespace, place: string): void {
    if (this.#guarded.has(namespace)) return;
    this.#guarded.add(namespace);
    namespace.use((socket, next) => void this.#answer(socket, place, next));
  }

  async #answer(socket: IoSocket, place: string, next: NextOfNamespace): Promise<void> {
    let refusal: Error | undefined;
    try {
      await this.#join(socket, place);
    } catch (error) {
      refusal = toldByIo(this.parts.door.refusals.from(error, socket.conn.request));
    }
    next(refusal);
  }

  #connect(engine: EngineSocket, place: string): void {
    const raw = engine.transport.socket;
    const admitted = admittedOf(engine.request);
    if (raw === undefined || admitted === undefined) {
      engine.close(true);
      return;
    }
    const wire = new Wire(raw, place, admitted.address, this.parts.wire, FRAMES_OF_IO);
    Object.defineProperty(engine, WIRE, { value: wire });
    this.parts.watch.add(wire);
  }

  /** What was known at the upgrade, with the token that came since. Two credentials are one too many. */
  #openingIn(place: string, { opening }: Admitted, { handshake, conn }: IoSocket): Opening {
    const here = { ...opening, place };
    try {
      const token = tokenOfAuth(handshake.auth);
      if (token === undefined) return here;
      if (opening.headers.authorization !== undefined) throw several('token_in_header_and_auth');
      return withToken(here, token);
    } catch (error) {
      throw this.parts.door.refusals.ofCredential(error, conn.request);
    }
  }

  async #join(socket: IoSocket, place: string): Promise<void> {
    const { conn } = socket;
    const wire = (conn as Carrier)[WIRE];
    const admitted = admittedOf(conn.request);
    if (wire === undefined || admitted === undefined) throw new TypeError('A namespace was joined past the door.');
    const opening = this.#openingIn(place, admitted, socket);
    const { door, doorkeeper, settings } = this.parts;
    const principal = await door.inTime(doorkeeper.admit(opening), settings);
    const release = door.slotFor(principal, settings, conn.request);
    const connection = new Connection(wire, opening, principal, socket, doorkeeper);
    wire.members.add(connection);
    attachConnection(socket, connection);
    const leave = (): void => {
      wire.members.delete(connection);
      release();
    };
    // Whoever is gone by now never leaves the namespace.
    if (wire.raw.readyState > 1) return leave();
    wire.raw.once('close', leave);
    socket.once('disconnect', leave);
  }
}

/** socket.io hands `message` and `data` of an error to the client, as `connect_error`. */
function toldByIo(refusal: SecurityError): Error {
  const data = exceptionFor(refusal);
  return Object.assign(new Error(data.title), { data });
}

const MESSAGE = '4'.charCodeAt(0);
const EVENTS: ReadonlySet<number> = new Set(['2'.charCodeAt(0), '5'.charCodeAt(0)]);

/** The protocols of Engine.IO and Socket.IO, v4 and v5: `42[…]` is an event, and what is binary belongs to one. */
function isMessageOfIo(frame: unknown, isBinary: unknown): boolean {
  if (isBinary === true) return true;
  if (!(frame instanceof Uint8Array)) return false;
  return frame[0] === MESSAGE && EVENTS.has(frame[1]!);
}

const FRAMES_OF_IO: WireRules = Object.freeze({ isMessage: isMessageOfIo, excess: 'drop' });
