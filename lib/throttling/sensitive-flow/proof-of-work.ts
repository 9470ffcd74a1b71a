/** A captcha without a third party: the client burns some processor time for each try (hashcash). */

import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { CaptchaAnswer, CaptchaQuestion, CaptchaVerifier } from './captcha.verifier.js';
import { FlowTickets } from './flow-tickets.js';
import { FLOWS, type FlowsSettings } from './flows.options.js';

/** What a client is handed to work on. Ready to be answered: `@Returns(ProofOfWorkChallenge)`. */
export class ProofOfWorkChallenge {
  /** To be solved with `solveProofOfWork()`, and sent back with the solution behind it. */
  challenge!: string;
  /** Leading zero bits. */
  difficulty!: number;
  /** In seconds. */
  expires_in!: number;
}

/** The challenge, a dot, and the number that was found. */
const TOKEN = /^(.+)\.(\d{1,16})$/;

/**
 * Hands out challenges and judges the work. A challenge is signed, good for five minutes, for one flow and one use. It
 * shows that a try cost something, and since when the form was open; not that a person is there.
 */
@Injectable()
export class ProofOfWork implements CaptchaVerifier {
  readonly kind = 'proof-of-work';

  constructor(
    @Inject(FLOWS) private readonly settings: FlowsSettings,
    @Inject(FlowTickets) private readonly tickets: FlowTickets,
  ) {}

  /** @throws SecurityError `invalid_input` when the app has no such flow. */
  challenge(flow: string): ProofOfWorkChallenge {
    const { difficulty, challengeTtlMs } = this.settings;
    const challenge = this.tickets.write(flow, difficulty, challengeTtlMs);
    return Object.assign(new ProofOfWorkChallenge(), { challenge, difficulty, expires_in: challengeTtlMs / 1000 });
  }

  /** In this order, the cheapest first; what is spent has held in every other way. */
  async verify({ token, action }: CaptchaQuestion): Promise<CaptchaAnswer> {
    const [, challenge, counter] = TOKEN.exec(token) ?? [];
    if (challenge === undefined) return { ok: false, reason: 'bad_token' };
    const verdict = this.tickets.read(challenge, action);
    if (!verdict.ok) return verdict;
    const { ticket } = verdict;
    // A plain ticket of the same flow is signed all the same, but asks for no work.
    if (ticket.difficulty < this.settings.difficulty) return { ok: false, reason: 'too_little_asked' };
    if (leadingZeroBits(`${ticket.id}.${counter}`) < ticket.difficulty) return { ok: false, reason: 'too_little_work' };
    if (!(await this.tickets.spend(ticket))) return { ok: false, reason: 'ticket_spent' };
    return { ok: true, issuedAtMs: ticket.issuedAtMs };
  }
}

function leadingZeroBits(text: string): number {
  return Math.clz32(createHash('sha256').update(text).digest().readUInt32BE(0));
}
