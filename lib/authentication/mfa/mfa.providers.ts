/** The face of second factors to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { MemoryMfaStore } from './memory-mfa.store.js';
import { MfaAuditor } from './mfa.auditor.js';
import { MfaChallenge } from './mfa-challenge.js';
import { MFA_SETTINGS, resolveMfaOptions, type MfaOptions, type MfaSettings } from './mfa.options.js';
import { MFA_STORE } from './mfa.store.js';
import { TotpService } from './totp.service.js';

export const mfaFace: StageFace<MfaOptions, MfaSettings> = {
  key: 'mfa',
  token: MFA_SETTINGS,
  settings: resolveMfaOptions,
  providers: [
    {
      provide: MFA_STORE,
      inject: [MFA_SETTINGS],
      useFactory: ({ store }: MfaSettings) => store ?? new MemoryMfaStore(),
    },
    TotpService,
    MfaChallenge,
  ],
  exports: [MFA_STORE, TotpService, MfaChallenge],
  auditors: [MfaAuditor],
};
