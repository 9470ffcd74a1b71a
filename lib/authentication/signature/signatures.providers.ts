/** The face of signed requests to the wiring. */

import { MemorySpentStore } from '../../core/memory-spent.store.js';
import { RawBodies } from '../../core/raw-bodies.js';
import { REQUEST_SIGNER } from '../../core/request-signer.js';
import type { StageFace } from '../../core/stage-face.js';
import { ProfileSigner } from './profile.signer.js';
import { storeProvider, type StoreSlot } from '../../core/supplied-stores.js';
import { SignatureGuard } from './signature.guard.js';
import { SignatureScheme } from './signature.scheme.js';
import { SignaturesAuditor } from './signatures.auditor.js';
import {
  NONCE_STORE,
  resolveSignaturesOptions,
  SIGNATURES,
  type SignaturesOptions,
  type SignaturesSettings,
} from './signatures.options.js';

const NONCES: StoreSlot = { token: NONCE_STORE, methods: ['spend'] };

export const signaturesFace: StageFace<SignaturesOptions, SignaturesSettings> = {
  key: 'signatures',
  token: SIGNATURES,
  settings: resolveSignaturesOptions,
  providers: [
    RawBodies,
    storeProvider(NONCES, {
      settings: SIGNATURES,
      own: ({ nonces }: SignaturesSettings) => nonces,
      memory: () => new MemorySpentStore(),
    }),
    SignatureScheme,
    SignatureGuard,
    { provide: REQUEST_SIGNER, useClass: ProfileSigner },
  ],
  exports: [NONCE_STORE, SignatureGuard],
  auditors: [SignaturesAuditor],
  stores: { nonces: NONCES },
};
