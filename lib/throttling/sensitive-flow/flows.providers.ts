/** The face of the sensitive flows to the wiring. */

import { OUTBOUND_FETCH, type OutboundFetch } from '../../core/outbound-fetch.js';
import type { StageFace } from '../../core/stage-face.js';
import { reachedBy } from './captcha-reach.js';
import { storeProvider, type StoreSlot } from '../../core/supplied-stores.js';
import { CAPTCHA_VERIFIER } from './captcha.verifier.js';
import { FlowBook } from './flow-book.js';
import { FlowTickets } from './flow-tickets.js';
import { FLOWS, flowsSettings, type FlowsOptions, type FlowsSettings } from './flows.options.js';
import { HumanCheck } from './human-check.js';
import { IDEMPOTENCY_STORE } from './idempotency.store.js';
import { IdempotentAnswers } from './idempotent-answers.js';
import { IdempotentCalls } from './idempotent-calls.js';
import { MemoryIdempotencyStore } from './memory-idempotency.store.js';
import { MemorySpentStore } from '../../core/memory-spent.store.js';
import { ProofOfWork } from './proof-of-work.js';
import { SensitiveFlowGuard, SensitiveFlowStage } from './sensitive-flow.stage.js';
import { SPENT_STORE } from '../../core/spent.store.js';

const TICKETS: StoreSlot = { token: SPENT_STORE, methods: ['spend'] };
const IDEMPOTENCY: StoreSlot = { token: IDEMPOTENCY_STORE, methods: ['begin', 'finish', 'abandon'] };

export const flowsFace: StageFace<FlowsOptions, FlowsSettings> = {
  key: 'flows',
  token: FLOWS,
  settings: flowsSettings,
  providers: [
    FlowBook,
    FlowTickets,
    ProofOfWork,
    HumanCheck,
    IdempotentCalls,
    IdempotentAnswers,
    {
      provide: CAPTCHA_VERIFIER,
      inject: [FLOWS, ProofOfWork, OUTBOUND_FETCH],
      useFactory: ({ captcha }: FlowsSettings, work: ProofOfWork, fetchFor: OutboundFetch) =>
        captcha === undefined ? work : reachedBy(fetchFor, captcha),
    },
    storeProvider(TICKETS, {
      settings: FLOWS,
      own: ({ spent }: FlowsSettings) => spent,
      memory: () => new MemorySpentStore(),
    }),
    storeProvider(IDEMPOTENCY, {
      settings: FLOWS,
      own: ({ idempotency }: FlowsSettings) => idempotency.store,
      memory: ({ idempotency: { maxAnswers, maxBytes } }) => new MemoryIdempotencyStore({ maxAnswers, maxBytes }),
    }),
    SensitiveFlowStage,
    SensitiveFlowGuard,
  ],
  exports: [
    CAPTCHA_VERIFIER,
    SPENT_STORE,
    IDEMPOTENCY_STORE,
    FlowTickets,
    ProofOfWork,
    SensitiveFlowStage,
    SensitiveFlowGuard,
  ],
  auditors: [],
  stores: { tickets: TICKETS, idempotency: IDEMPOTENCY },
};
