/** The face of second factors to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { storeProvider, type StoreSlot } from '../../core/supplied-stores.js';
import { MemoryMfaStore } from './memory-mfa.store.js';
import { MfaAuditor } from './mfa.auditor.js';
import { MfaChallenge } from './mfa-challenge.js';
import { MFA_SETTINGS, resolveMfaOptions, type MfaOptions, type MfaSettings } from './mfa.options.js';
import { MFA_STORE } from './mfa.store.js';
import { TotpService } from './totp.service.js';

const SECOND_FACTORS: StoreSlot = {
  token: MFA_STORE,
  methods: [
    'setPending',
    'pending',
    'confirm',
    'find',
    'reseal',
    'claimStep',
    'setRecoveryCodes',
    'claimRecoveryCode',
    'countAttempt',
    'clearAttempts',
    'remove',
    'addChallenge',
    'tryChallenge',
    'claimChallenge',
  ],
};

export const mfaFace: StageFace<MfaOptions, MfaSettings> = {
  key: 'mfa',
  token: MFA_SETTINGS,
  settings: resolveMfaOptions,
  providers: [
    storeProvider(SECOND_FACTORS, {
      settings: MFA_SETTINGS,
      own: ({ store }: MfaSettings) => store,
      memory: () => new MemoryMfaStore(),
    }),
    TotpService,
    MfaChallenge,
  ],
  exports: [MFA_STORE, TotpService, MfaChallenge],
  auditors: [MfaAuditor],
  stores: { mfa: SECOND_FACTORS },
};
