/** Who is on the other end of a GraphQL connection, and for how long? */

import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.js';
import { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { noResponse, type Exchange, type HttpRequest } from '../core/transport.js';
import { CloseCode, closingFor } from '../sockets/close-code.js';
import type { Member } from '../sockets/member.js';
import type { SocketDoor } from '../sockets/socket.door.js';
import { LONGEST_TIMER_MS } from '../sockets/socket.options.js';
import type { Wire } from '../sockets/wire.js';
import { withParameters } from './connection-parameters.js';
import type { SocketCredentials } from './socket-credentials.js';

export interface SessionParts {
  readonly door: SocketDoor;
  readonly credentials: SocketCredentials;
  readonly clock: Clock;
}

export class SocketSession implements Member {
  unanswered = 0;
  /** Was it asked already who comes? */
  isAsked = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly wire: Wire,
    /** As it came over the wire, for events. */
    private readonly upgrade: IncomingMessage,
    private request: HttpRequest,
    public principal: Principal | undefined,
    private readonly parts: SessionParts,
  ) {
    wire.members.add(this);
    wire.raw.once('close', () => clearTimeout(this.#timer));
    this.#endWith(principal);
  }

  get place(): string {
    return this.wire.place;
  }

  /** The protocol has no word for it but the close frame. */
  tell(): void {}

  /** One per operation, so that two subscriptions of a connection are never taken for one request. */
  exchange(): Exchange {
    return { request: Object.create(this.request) as HttpRequest, response: noResponse() };
  }

  /**
   * Nobody is asked for a token to connect: each operation says whether it needs one. But a broken one ends it here.
   *
   * @returns false where the connection is to be closed.
   */
  async begin(params: unknown): Promise<boolean> {
    const { door } = this.parts;
    try {
      const request = this.#read(params);
      if (this.isAsked && request === this.request) return true;
      door.checkAddress(request, this.upgrade);
      const { settings } = this.wire.parts;
      const principal = await door.inTime(this.#identify(request), settings);
      const release = door.slotFor(principal, settings, this.upgrade);
      if (this.wire.hasEnded) release();
      else this.wire.raw.once('close', release);
      this.request = request;
      this.principal = principal;
      this.isAsked = true;
      this.#endWith(principal);
      return true;
    } catch (error) {
      const refusal = door.refusals.from(error, this.upgrade);
      // The client's own code for "forbidden" would have it give up, where it need only wait.
      if (refusal.getStatus() < 500) return false;
      this.wire.close(closingFor(refusal), this);
      return false;
    }
  }

  /** Is the credential that let it in still good? @throws SecurityError where it is not, or nobody can say. */
  async recheck(): Promise<void> {
    if (this.principal === undefined) return;
    const found = await this.parts.credentials.identify(this.exchange().request);
    if (found?.id === this.principal.id && found.scheme === this.principal.scheme) return;
    throw new SecurityError('invalid_token', { reason: 'no_longer_authenticated' });
  }

  /** Asked before anything is sent. False: nothing may be, and the connection is at its end. */
  async mayHear(): Promise<boolean> {
    if (this.wire.hasEnded) return false;
    try {
      await this.recheck();
    } catch (error) {
      this.wire.end(closingFor(error), this);
    }
    return !this.wire.hasEnded;
  }

  async #identify(request: HttpRequest): Promise<Principal | undefined> {
    try {
      return await this.parts.credentials.identify(request);
    } catch (error) {
      throw this.parts.door.refusals.ofCredential(error, this.upgrade);
    }
  }

  #read(params: unknown): HttpRequest {
    try {
      return withParameters(this.request, params);
    } catch (error) {
      throw this.parts.door.refusals.ofCredential(error, this.upgrade);
    }
  }

  /** One that hears nothing is not asked, and ends all the same. */
  #endWith(principal: Principal | undefined): void {
    const expiresAtMs = principal?.expiresAtMs;
    if (expiresAtMs === undefined) return;
    const { clock } = this.parts;
    clearTimeout(this.#timer);
    const waitMs = Math.min(Math.max(0, expiresAtMs - clock.now()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => {
      if (clock.now() < expiresAtMs) this.#endWith(principal);
      else
        this.wire.end({ closeCode: CloseCode.credentialEnded, code: 'invalid_token', reason: 'token_expired' }, this);
    }, waitMs).unref();
  }
}
