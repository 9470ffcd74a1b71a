/** Where does a client get the challenge, or the ticket, that a sensitive flow asks for? */

import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { Public } from '../authentication/public.decorator.js';
import { Returns } from '../responses/returns.decorator.js';
import { FlowTickets } from '../throttling/sensitive-flow/flow-tickets.js';
import { ProofOfWork, ProofOfWorkChallenge } from '../throttling/sensitive-flow/proof-of-work.js';

class FlowTicketView {
  ticket!: string;
}

/** List it among the controllers of a module. An unknown flow is a 400. */
@Controller('captcha')
@Public('whoever has no account yet needs these')
export class ChallengeController {
  constructor(
    @Inject(ProofOfWork) private readonly work: ProofOfWork,
    @Inject(FlowTickets) private readonly tickets: FlowTickets,
  ) {}

  /** `GET /captcha/challenge?flow=register`: to be solved with `solveProofOfWork()`. */
  @Get('challenge')
  @Header('Cache-Control', 'no-store')
  @Returns(ProofOfWorkChallenge)
  challenge(@Query('flow') flow: string): ProofOfWorkChallenge {
    return this.work.challenge(flow);
  }

  /** `GET /captcha/ticket?flow=register`: to be fetched when the form opens, for flows with `minHumanMs`. */
  @Get('ticket')
  @Header('Cache-Control', 'no-store')
  @Returns(FlowTicketView)
  ticket(@Query('flow') flow: string): FlowTicketView {
    return { ticket: this.tickets.issue(flow) };
  }
}
