/** Lets connections in, one by one, before the upgrade is answered: nobody gets a WebSocket who was not asked. */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { HttpRequest } from '../core/transport.js';
import type { AddressGate } from '../throttling/address-gate.js';
import type { ConnectionCounts } from './connection-counts.js';
import type { Doorkeeper } from './doorkeeper.js';
import { takeCredential } from './handshake-credential.js';
import { HandshakeRefusals, tooMany, type RefusalParts } from './handshake-refusals.js';
import { openingOf, type Opening } from './socket-request.js';
import { answerUpgrade } from './upgrade-answer.js';
import type { UpgradeEdge } from './upgrade-edge.js';
import type { WireParts } from './wire.js';

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface DoorParts extends WireParts, RefusalParts {
  readonly edge: UpgradeEdge;
  readonly gate: AddressGate;
  readonly doorkeeper: Doorkeeper;
  readonly counts: ConnectionCounts;
}

/** A path that somebody serves. */
export interface Doorway {
  /** As gateways name it: `/chat`. */
  readonly place: string;
  /** Is this path, without the query, one of it? */
  takes(path: string): boolean;
  /** False where the credential comes later, when a namespace is joined. */
  readonly asksAtOnce: boolean;
}

/** What the door found out about a request that it let in. */
export interface Admitted {
  readonly opening: Opening;
  readonly address: string;
  readonly principal: Principal | undefined;
}

const ADMITTED = Symbol('bulwark:admitted');

interface Carrier {
  [ADMITTED]?: Admitted;
}

/** Undefined: the request came past the door. */
export function admittedOf(request: IncomingMessage): Admitted | undefined {
  return (request as Carrier)[ADMITTED];
}

export class UpgradeDoor {
  readonly #doorways: Doorway[] = [];
  readonly #listeners = new Set<UpgradeListener>();
  readonly refusals: HandshakeRefusals;

  constructor(
    private readonly server: Server,
    private readonly parts: DoorParts,
  ) {
    this.refusals = new HandshakeRefusals(parts);
  }

  /** Serves a path with what listened for upgrades: from now on it hears only of those that were let in. */
  add(doorway: Doorway, listeners: readonly UpgradeListener[]): void {
    if (this.#doorways.length === 0) this.server.on('upgrade', this.#onUpgrade);
    this.#doorways.push(doorway);
    for (const listener of listeners) this.#listeners.add(listener);
  }

  close(): void {
    this.server.off('upgrade', this.#onUpgrade);
  }

  readonly #onUpgrade: UpgradeListener = (request, socket, head) => {
    const doorway = this.#doorwayFor(request);
    // Somebody else waits for upgrades as well, such as subscriptions of GraphQL: this may be theirs.
    if (doorway === undefined && this.server.listenerCount('upgrade') > 1) return this.#leaveToOthers(socket);
    // A client that resets the connection meanwhile must not take the process with it.
    socket.on('error', () => socket.destroy());
    this.#judge(request, socket, doorway).then(
      (admitted) => this.#letIn(admitted, request, socket, head),
      (error: unknown) => answerUpgrade(socket, this.refusals.from(error, request)),
    );
  };

  /** Nobody may take it after all: a socket of which Node has washed its hands has no time limit but this. */
  #leaveToOthers(socket: Duplex & { readonly bytesWritten?: number }): void {
    const written = socket.bytesWritten;
    const timer = setTimeout(() => {
      if (socket.bytesWritten === written) socket.destroy();
    }, this.parts.settings.handshakeTimeoutMs).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  #letIn(admitted: Admitted, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (socket.destroyed) return;
    (request as Carrier)[ADMITTED] = admitted;
    for (const listener of this.#listeners) listener.call(this.server, request, socket, head);
  }

  async #judge(request: IncomingMessage, socket: Duplex, doorway: Doorway | undefined): Promise<Admitted> {
    const { edge, gate, addresses, settings, counts } = this.parts;
    const address = addresses.of(request);
    const refusal = edge.refusalOf(request);
    if (refusal !== undefined) throw this.refusals.told('edge_refused', 'edge', refusal, request);
    if (doorway === undefined) throw this.refusals.unknown(request);
    try {
      takeCredential(request);
    } catch (error) {
      throw this.refusals.ofCredential(error, request);
    }
    const blockedMs = gate.refusesForMs(request as HttpRequest, address);
    if (blockedMs > 0) throw this.refusals.told('edge_refused', 'edge', tooMany('address_blocked', blockedMs), request);

    for (const [key, most] of [
      ['all', settings.maxConnections],
      [`a/${address}`, settings.maxPerAddress],
    ] as const) {
      const release = counts.take(key, most);
      if (release === undefined) {
        const reason = key === 'all' ? 'connections_of_all' : 'connections_of_address';
        throw this.refusals.told('rate_limited', 'connection', tooMany(reason), request);
      }
      socket.once('close', release);
    }
    const opening = openingOf(request, doorway.place);
    if (!doorway.asksAtOnce) return { opening, address, principal: undefined };
    const principal = await this.admit(opening);
    const release = this.slotFor(principal, request);
    if (socket.destroyed) release();
    else socket.once('close', release);
    return { opening, address, principal };
  }

  /** Asks the rules of the place, in the time that there is. */
  admit(opening: Opening): Promise<Principal | undefined> {
    return this.#inTime(this.parts.doorkeeper.admit(opening));
  }

  /** A slot of a principal, given back when the connection ends. @throws SecurityError `rate_limited` where all are taken. */
  slotFor(principal: Principal | undefined, request: IncomingMessage): () => void {
    if (principal === undefined) return () => undefined;
    const { counts, settings } = this.parts;
    const release = counts.take(`p/${principal.id}`, settings.maxPerPrincipal);
    if (release !== undefined) return release;
    throw this.refusals.told('rate_limited', 'connection', tooMany('connections_of_principal'), request);
  }

  async #inTime<T>(verdict: Promise<T>): Promise<T> {
    const { handshakeTimeoutMs } = this.parts.settings;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new SecurityError('unavailable', { reason: 'handshake_timeout' })),
        handshakeTimeoutMs,
      );
    });
    try {
      return await Promise.race([verdict, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #doorwayFor({ url = '' }: IncomingMessage): Doorway | undefined {
    const end = url.indexOf('?');
    const path = end === -1 ? url : url.slice(0, end);
    return this.#doorways.find((each) => each.takes(path));
  }
}
