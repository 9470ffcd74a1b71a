/** Does what the client brought show that a person may be there? Asks for it where it is missing. */

import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { StoreUnavailableError } from '../../core/store-unavailable.js';
import { CAPTCHA_VERIFIER, type CaptchaAnswer, type CaptchaVerifier } from './captcha.verifier.js';
import { FlowBook, type Flow } from './flow-book.js';
import type { FlowTicket } from './flow-ticket.js';
import { FlowTickets } from './flow-tickets.js';
import { captchaTokenOf, ticketOf } from './human-proof.js';

/** When what is down may be worth another try, in seconds. */
const RETRY_AFTER = '5';

@Injectable()
export class HumanCheck {
  readonly #logger = new Logger('Bulwark');

  constructor(
    @Inject(CAPTCHA_VERIFIER) private readonly verifier: CaptchaVerifier,
    @Inject(FlowTickets) private readonly tickets: FlowTickets,
    @Inject(FlowBook) private readonly book: FlowBook,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Is anything missing that this flow always asks for? Costs nothing, and so is asked before anything is charged. */
  demand(call: Call, flow: Flow): void {
    if (flow.captcha && captchaTokenOf(call) === undefined)
      throw this.#challenge(flow, flow.captcha, 'captcha_missing');
    if (this.#needsTicket(flow, flow.captcha) && ticketOf(call) === undefined) {
      throw this.#challenge(flow, flow.captcha, 'ticket_missing');
    }
  }

  /**
   * @param withCaptcha Whether a captcha is asked for: by the flow itself, or by a signal.
   * @throws SecurityError `challenge_required` for what is missing or does not hold, `forbidden` for what came too fast,
   * `unavailable` when nobody can tell.
   */
  async prove(call: Call, flow: Flow, withCaptcha: boolean): Promise<void> {
    const answer = withCaptcha ? await this.#verified(call, flow) : undefined;
    if (flow.minHumanMs === undefined) return;
    const issuedAtMs = answer?.issuedAtMs ?? (await this.#ticketTime(call, flow, withCaptcha));
    const tookMs = this.clock.now() - issuedAtMs;
    if (tookMs < flow.minHumanMs) throw new SecurityError('forbidden', { reason: `flow_too_fast: ${tookMs} ms` });
  }

  async #verified(call: Call, flow: Flow): Promise<CaptchaAnswer> {
    const token = captchaTokenOf(call);
    if (token === undefined) throw this.#challenge(flow, true, 'captcha_missing');
    const answer = await this.#ask(token, call, flow);
    if (answer?.ok === true) return answer;
    throw this.#challenge(flow, true, `captcha_refused: ${answer?.reason ?? 'no_reason'}`);
  }

  /** Nobody can tell is no yes. */
  async #ask(token: string, call: Call, flow: Flow): Promise<CaptchaAnswer> {
    try {
      return await this.verifier.verify({ token, address: call.address, action: flow.name });
    } catch (cause) {
      this.#logger.error(`Captcha ${this.verifier.kind} failed`, cause instanceof Error ? cause.stack : undefined);
      throw unavailable(call, `captcha_unavailable: ${this.verifier.kind}`, cause);
    }
  }

  /** A ticket that came too early is not used up: whoever sent it may wait and send it again. */
  async #ticketTime(call: Call, flow: Flow, withCaptcha: boolean): Promise<number> {
    const text = ticketOf(call);
    if (text === undefined) throw this.#challenge(flow, withCaptcha, 'ticket_missing');
    const verdict = this.tickets.read(text, flow.name);
    if (!verdict.ok) throw this.#challenge(flow, withCaptcha, verdict.reason);
    const { ticket } = verdict;
    const isEarly = this.clock.now() - ticket.issuedAtMs < flow.minHumanMs!;
    if (!isEarly && !(await this.#spend(call, ticket))) throw this.#challenge(flow, withCaptcha, 'ticket_spent');
    return ticket.issuedAtMs;
  }

  /** A ticket that nobody can note as used might be used again. */
  async #spend(call: Call, ticket: FlowTicket): Promise<boolean> {
    try {
      return await this.tickets.spend(ticket);
    } catch (cause) {
      if (cause instanceof StoreUnavailableError) throw cause;
      this.#logger.error('The store of spent tickets failed', cause instanceof Error ? cause.stack : undefined);
      throw unavailable(call, 'tickets_unavailable', cause);
    }
  }

  /** A proof of work tells when its challenge was handed out; everything else needs a ticket besides. */
  #needsTicket(flow: Flow, withCaptcha: boolean): boolean {
    return flow.minHumanMs !== undefined && !(withCaptcha && this.book.isProofOfWork);
  }

  /** The same answer for whatever is wrong with it: what to bring, and not why it did not hold. */
  #challenge(flow: Flow, withCaptcha: boolean, reason: string): SecurityError {
    const challenge = {
      flow: flow.name,
      ...(withCaptcha && { captcha: this.verifier.kind }),
      ...(this.#needsTicket(flow, withCaptcha) && { ticket: true }),
    };
    return new SecurityError('challenge_required', { reason, extensions: { challenge } });
  }
}

function unavailable(call: Call, reason: string, cause: unknown): SecurityError {
  call.setHeader('Retry-After', RETRY_AFTER);
  return new SecurityError('unavailable', { reason, headers: { 'Retry-After': RETRY_AFTER }, cause });
}
