/** May this request run an operation? Asked before anything of it is read; what runs no resolver is paid by the address that sent it. */

import { Inject, Injectable } from '@nestjs/common';
import { CLIENT_ADDRESS, type ClientAddress } from '../core/client-address.js';
import { rawRequest, rawResponse, type Exchange } from '../core/transport.js';
import { AddressGate } from '../throttling/address-gate.js';
import { tooMany } from '../throttling/rate-limit.refusal.js';
import { THROTTLING, type ThrottlingSettings } from '../throttling/throttling.options.js';
import { requestRefusal } from './http-request.js';
import type { OperationGate, OperationRequest } from './operation.gate.js';

@Injectable()
export class Admission {
  /** Requests of which a resolver was asked for: those were charged by the pipeline. */
  readonly #called = new WeakSet<object>();

  constructor(
    @Inject(AddressGate) private readonly addressGate: AddressGate,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
    @Inject(THROTTLING) private readonly throttling: ThrottlingSettings,
  ) {}

  /** @throws SecurityError for an address that is blocked, a request of another form, and an operation over a limit. */
  admitRequest(gate: OperationGate, exchange: Exchange, operation: OperationRequest): void {
    const { request, response } = exchange;
    const address = this.addresses.of(rawRequest(request));
    this.#checkAddress(exchange, address);
    // Reading and validating is work, whether anything is run or not.
    rawResponse(response).once('finish', () => {
      if (!this.#called.has(rawResponse(response))) this.addressGate.charge(address);
    });
    const refusal = requestRefusal(request);
    if (refusal !== undefined) throw refusal;
    gate.admit(operation);
  }

  /** The same for an operation that comes over a socket, whose response never ends. */
  admitMessage(gate: OperationGate, exchange: Exchange, operation: OperationRequest): void {
    const address = this.addresses.of(rawRequest(exchange.request));
    this.#checkAddress(exchange, address);
    try {
      gate.admit(operation);
    } catch (error) {
      this.addressGate.charge(address);
      throw error;
    }
  }

  noteCall({ response }: Exchange): void {
    this.#called.add(rawResponse(response));
  }

  #checkAddress({ request }: Exchange, address: string): void {
    const waitMs = this.addressGate.refusesForMs(request, address);
    if (waitMs > 0) throw tooMany(waitMs, [this.throttling.address?.name ?? 'address'], 'address_blocked');
  }
}
