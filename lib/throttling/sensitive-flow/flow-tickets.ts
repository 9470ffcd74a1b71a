/** Hands out tickets when a form opens, and takes each of them back once. */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { FlowBook } from './flow-book.js';
import { FLOWS, secretOf, type FlowsSettings } from './flows.options.js';
import { readTicket, writeTicket, type FlowTicket } from './flow-ticket.js';
import { SPENT_STORE, type SpentStore } from '../../core/spent.store.js';

/** A ticket of one flow, or why it is none. */
export type TicketVerdict =
  { readonly ok: true; readonly ticket: FlowTicket } | { readonly ok: false; readonly reason: string };

@Injectable()
export class FlowTickets {
  constructor(
    @Inject(FLOWS) private readonly settings: FlowsSettings,
    @Inject(FlowBook) private readonly book: FlowBook,
    @Inject(SPENT_STORE) private readonly spent: SpentStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * A ticket to go with a form: `minHumanMs` counts from now. Good for `ticketTtlMs`, one use and this flow.
   *
   * @throws SecurityError `invalid_input` when the app has no such flow.
   */
  issue(flow: string): string {
    return this.write(flow, 0, this.settings.ticketTtlMs);
  }

  /**
   * A ticket of any difficulty and lifetime.
   *
   * @throws SecurityError `invalid_input` when the app has no such flow, `not_found` when no flow asks for tickets and
   * there is no secret to sign them with.
   */
  write(flow: string, difficulty: number, ttlMs: number): string {
    this.book.check(flow);
    if (this.settings.secret === undefined) throw new SecurityError('not_found', { reason: 'no_flow_secret' });
    const issuedAtMs = this.clock.now();
    return writeTicket(secretOf(this.settings), { flow, difficulty, issuedAtMs, expiresAtMs: issuedAtMs + ttlMs });
  }

  /** Does it hold, for this flow and now? Does not use it up. */
  read(text: string, flow: string): TicketVerdict {
    const ticket = readTicket(secretOf(this.settings), text);
    if (ticket === undefined) return { ok: false, reason: 'bad_ticket' };
    if (ticket.flow !== flow) return { ok: false, reason: 'ticket_of_other_flow' };
    if (this.clock.now() >= ticket.expiresAtMs) return { ok: false, reason: 'ticket_expired' };
    return { ok: true, ticket };
  }

  /** Uses a ticket up. False: somebody has already. */
  spend({ id, expiresAtMs }: FlowTicket): boolean | Promise<boolean> {
    return this.spent.spend(id, expiresAtMs, this.clock.now());
  }
}
