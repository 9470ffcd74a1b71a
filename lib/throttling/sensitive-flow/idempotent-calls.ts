/** Is this the first time, or a repeat? Claims a key for a call, and hands the claim on to who sees the answer. */

import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { rawResponse } from '../../core/transport.js';
import { StoreUnavailableError } from '../../core/store-unavailable.js';
import type { Flow } from './flow-book.js';
import { FLOWS, type FlowsSettings } from './flows.options.js';
import { idempotencyKeyOf, keyMissing } from './idempotency-key.js';
import {
  IDEMPOTENCY_STORE,
  type IdempotencyClaim,
  type IdempotencyOutcome,
  type IdempotencyStore,
  type StoredAnswer,
} from './idempotency.store.js';
import { requestDigest } from './request-digest.js';

/** When the first try may have come to an end, in seconds. */
const RETRY_AFTER = '1';

/** So long between two tries to tell a store that is away, in milliseconds. */
const TRY_AGAIN_MS = 500;

/** One call under its key. */
export interface Attempt {
  readonly flow: string;
  /** Set: it was answered before, and this is what. */
  readonly answer?: StoredAnswer;
  readonly claim: IdempotencyClaim;
  /** Where a first try is: at the guards, in the handler, or over. */
  state: 'waiting' | 'running' | 'settled';
}

@Injectable()
export class IdempotentCalls {
  readonly #attempts = new WeakMap<Call, Attempt>();
  readonly #logger = new Logger('Bulwark');

  constructor(
    @Inject(FLOWS) private readonly settings: FlowsSettings,
    @Inject(IDEMPOTENCY_STORE) private readonly store: IdempotencyStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  of(call: Call): Attempt | undefined {
    return this.#attempts.get(call);
  }

  /**
   * Claims the key that a call brought. Undefined: it brought none, and needs none.
   *
   * @throws SecurityError when the key is malformed or missing, at work, or stands for another request; when the store
   * cannot be reached.
   */
  async begin(call: Call, flow: Flow, routeKey: string): Promise<Attempt | undefined> {
    const known = this.#attempts.get(call);
    if (known !== undefined && known.state !== 'settled') return known;
    const given = idempotencyKeyOf(call);
    if (given === undefined) {
      if (flow.idempotencyKey === 'required') throw keyMissing();
      return undefined;
    }
    const owner = ownerOf(call);
    const claim = { key: digestOf([routeKey, owner, given]), claim: randomBytes(12).toString('base64url') };
    const outcome = await this.#ask(claim, owner, requestDigest(call.request, call.principal));
    switch (outcome.outcome) {
      case 'conflict':
        throw new SecurityError('idempotency_conflict', { reason: 'key_of_other_request' });
      case 'running':
        call.setHeader('Retry-After', RETRY_AFTER);
        throw new SecurityError('idempotency_running', {
          reason: 'first_try_running',
          headers: { 'Retry-After': RETRY_AFTER },
        });
      case 'replay':
        return this.#note(call, { flow: flow.name, claim, answer: outcome.answer, state: 'settled' });
      case 'started':
        return this.#watch(call, this.#note(call, { flow: flow.name, claim, state: 'waiting' }));
      default:
        return outcome satisfies never;
    }
  }

  /** Keeps the answer. A store that is down changes nothing about what was done, so the answer leaves all the same. */
  async finish(attempt: Attempt, answer: StoredAnswer): Promise<void> {
    attempt.state = 'settled';
    const { keepMs } = this.settings.idempotency;
    const keep = async () => this.store.finish({ ...attempt.claim, answer, nowMs: this.clock.now(), keepMs });
    await this.#insist(keep, 'An answer could not be kept');
  }

  /** Frees the key. Where that fails it frees itself when its lease ends. */
  async abandon(attempt: Attempt): Promise<void> {
    if (attempt.state === 'settled') return;
    attempt.state = 'settled';
    await this.#insist(async () => this.store.abandon(attempt.claim), 'A key could not be freed');
  }

  /** Once now, and while the store is away again in the background: for as long as a claim is held. Nobody waits for that. */
  async #insist(act: () => Promise<void>, problem: string, triesLeft = this.#mostTries()): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof StoreUnavailableError && error.outage && triesLeft > 0) {
        setTimeout(() => void this.#insist(act, problem, triesLeft - 1), TRY_AGAIN_MS).unref();
        return;
      }
      this.#logger.error(problem, error instanceof Error ? error.stack : undefined);
    }
  }

  #mostTries(): number {
    return Math.floor(this.settings.idempotency.leaseMs / TRY_AGAIN_MS);
  }

  async #ask(claim: IdempotencyClaim, owner: string, digest: string): Promise<IdempotencyOutcome> {
    const { leaseMs } = this.settings.idempotency;
    try {
      return await this.store.begin({ ...claim, owner, digest, nowMs: this.clock.now(), leaseMs });
    } catch (cause) {
      if (cause instanceof StoreUnavailableError) {
        // It may have begun all the same, with nobody to go on: whoever tries again must not find it running.
        void this.#insist(async () => this.store.abandon(claim), 'A key could not be freed');
        throw cause;
      }
      // Running without knowing whether it ran before is what the key is there to prevent.
      this.#logger.error('The idempotency store failed', cause instanceof Error ? cause.stack : undefined);
      throw new SecurityError('unavailable', {
        reason: 'idempotency_unavailable',
        headers: { 'Retry-After': RETRY_AFTER },
        cause,
      });
    }
  }

  #note(call: Call, attempt: Attempt): Attempt {
    this.#attempts.set(call, attempt);
    return attempt;
  }

  /** A guard behind ours may refuse, and no interceptor ever runs: then the end of the exchange frees the key. */
  #watch(call: Call, attempt: Attempt): Attempt {
    rawResponse(call.response).once('close', () => {
      if (attempt.state === 'waiting') void this.abandon(attempt);
    });
    return attempt;
  }
}

/** Nobody reads another's answers: the key counts for one caller and one route. */
function ownerOf({ principal, address }: Call): string {
  return digestOf([principal === undefined ? `a/${address}` : `p/${principal.id}`]);
}

/** Over JSON, so that no part can pass for another. */
function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
