/** Lets connections in, one by one, before the upgrade is answered: nobody gets a WebSocket who was not asked. */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../core/clock.js';
import { SecurityError } from '../core/errors.js';
import { SecurityEvents } from '../core/events.js';
import type { Principal } from '../core/principal.js';
import type { HttpRequest } from '../core/transport.js';
import { ForwardedClientAddress } from '../edge/client-address.js';
import { Edge } from '../edge/edge.js';
import { FailureReport } from '../responses/failure-report.js';
import { AddressGate } from '../throttling/address-gate.js';
import { ConnectionCounts } from './connection-counts.js';
import { noteAdmitted, type Admitted, type Doorway } from './doorway.js';
import { takeCredential } from './handshake-credential.js';
import { HandshakeRefusals, tooMany } from './handshake-refusals.js';
import { openingOf } from './opening.js';
import type { SocketSettings } from './socket.options.js';
import { answerUpgrade } from './upgrade-answer.js';
import { UpgradeEdge } from './upgrade-edge.js';
import { UpgradeGate, type UpgradeListener } from './upgrade.gate.js';
import type { WireParts } from './wire.js';

/** How long somebody else may take to answer an upgrade, where the app says nothing of sockets. */
const USUAL_PATIENCE_MS = 10_000;

@Injectable()
export class SocketDoor {
  readonly #doorways: Doorway[] = [];
  readonly #counts = new ConnectionCounts();
  readonly refusals: HandshakeRefusals;
  #upgrades: UpgradeGate | undefined;
  #upgradeEdge: UpgradeEdge | undefined;

  constructor(
    @Inject(Edge) private readonly edge: Edge,
    @Inject(ForwardedClientAddress) private readonly addresses: ForwardedClientAddress,
    @Inject(AddressGate) private readonly gate: AddressGate,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(FailureReport) private readonly failures: FailureReport,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.refusals = new HandshakeRefusals({ events, clock, addresses, failures });
  }

  /** From now on all upgrades of this server come here first, also those that somebody else waits for. */
  guard(server: Server): UpgradeGate {
    return (this.#upgrades ??= new UpgradeGate(server, this.#onUpgrade));
  }

  add(server: Server, doorway: Doorway): void {
    this.guard(server).open();
    this.#doorways.push(doorway);
  }

  /** What a connection needs that came through here. */
  wireParts(settings: SocketSettings): WireParts {
    const { events, clock, failures } = this;
    return { settings, events, clock, failures };
  }

  /** A slot of a principal, given back when the connection ends. @throws SecurityError `rate_limited` where all are taken. */
  slotFor(principal: Principal | undefined, { maxPerPrincipal }: SocketSettings, request: IncomingMessage): () => void {
    if (principal === undefined) return () => undefined;
    const release = this.#counts.take(`p/${principal.id}`, maxPerPrincipal);
    if (release !== undefined) return release;
    throw this.refusals.told('rate_limited', 'connection', tooMany('connections_of_principal'), request);
  }

  /** Does a blocked address bring nothing that is known to be good? */
  blocks(request: HttpRequest, about: IncomingMessage): boolean {
    return this.gate.refusesForMs(request, this.addresses.of(about)) > 0;
  }

  /** @throws SecurityError `rate_limited` where it does not. */
  checkAddress(request: HttpRequest, about: IncomingMessage): void {
    const blockedMs = this.gate.refusesForMs(request, this.addresses.of(about));
    if (blockedMs > 0) throw this.refusals.told('edge_refused', 'edge', tooMany('address_blocked', blockedMs), about);
  }

  /** @throws SecurityError `unavailable` where a verdict takes longer than a client may wait. */
  async inTime<T>(verdict: Promise<T>, { handshakeTimeoutMs }: SocketSettings): Promise<T> {
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

  readonly #onUpgrade: UpgradeListener = (request, socket, head) => {
    const doorway = this.#doorwayFor(request);
    const answering =
      doorway === undefined ? this.#handOn(request, socket, head) : this.#open(doorway, request, socket);
    answering.then(
      (admitted) => {
        if (doorway === undefined || admitted === undefined || socket.destroyed) return;
        noteAdmitted(request, admitted);
        doorway.letIn(request, socket, head);
      },
      (error: unknown) => answerUpgrade(socket, this.refusals.from(error, request)),
    );
  };

  /** To whoever else listens. Nobody may take it after all: Node has washed its hands of the socket, and no time limit holds. */
  async #handOn(
    request: IncomingMessage,
    socket: Duplex & { bytesWritten?: number },
    head: Buffer,
  ): Promise<undefined> {
    this.#checkEdge(request);
    if (this.#upgrades!.others.length === 0) throw this.refusals.unknown(request);
    this.checkAddress(request as HttpRequest, request);
    const written = socket.bytesWritten;
    const patienceMs = this.#doorways[0]?.settings.handshakeTimeoutMs ?? USUAL_PATIENCE_MS;
    const timer = setTimeout(() => {
      if (socket.bytesWritten === written) answerUpgrade(socket, this.refusals.unknown(request));
    }, patienceMs).unref();
    socket.once('close', () => clearTimeout(timer));
    this.#upgrades!.handOn(request, socket, head);
    await Promise.resolve();
  }

  async #open(doorway: Doorway, request: IncomingMessage, socket: Duplex): Promise<Admitted> {
    const { place, settings } = doorway;
    this.#checkEdge(request);
    try {
      takeCredential(request);
    } catch (error) {
      throw this.refusals.ofCredential(error, request);
    }
    if (doorway.asksAddressLater !== true) this.checkAddress(request as HttpRequest, request);
    const address = this.addresses.of(request);
    this.#takeSlots(address, settings, request, socket);
    const opening = openingOf(request, place);
    if (doorway.admit === undefined) return { opening, address, principal: undefined };
    const principal = await this.inTime(doorway.admit(opening, request), settings);
    const release = this.slotFor(principal, settings, request);
    if (socket.destroyed) release();
    else socket.once('close', release);
    return { opening, address, principal };
  }

  #checkEdge(request: IncomingMessage): void {
    this.#upgradeEdge ??= new UpgradeEdge(this.edge.settings, this.addresses);
    const refusal = this.#upgradeEdge.refusalOf(request);
    if (refusal !== undefined) throw this.refusals.told('edge_refused', 'edge', refusal, request);
  }

  /** Of everybody and of the address, before anything is verified: those that are being opened count as well. */
  #takeSlots(address: string, settings: SocketSettings, request: IncomingMessage, socket: Duplex): void {
    for (const [key, most, reason] of [
      ['all', settings.maxConnections, 'connections_of_all'],
      [`a/${address}`, settings.maxPerAddress, 'connections_of_address'],
    ] as const) {
      const release = this.#counts.take(key, most);
      if (release === undefined) throw this.refusals.told('rate_limited', 'connection', tooMany(reason), request);
      socket.once('close', release);
    }
  }

  #doorwayFor({ url = '' }: IncomingMessage): Doorway | undefined {
    const end = url.indexOf('?');
    const path = end === -1 ? url : url.slice(0, end);
    return this.#doorways.find((each) => each.takes(path));
  }
}
