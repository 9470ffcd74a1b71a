/** What in the way second factors are kept would surprise its owner? */

import { Inject, Injectable } from '@nestjs/common';
import type { Auditor, AuditScope, Finding } from '../../core/finding.js';
import { MemoryMfaStore } from './memory-mfa.store.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa.options.js';
import { MFA_STORE, type MfaStore } from './mfa.store.js';

@Injectable()
export class MfaAuditor implements Auditor {
  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    @Inject(MFA_STORE) private readonly store: MfaStore,
  ) {}

  *findings({ production }: AuditScope): Iterable<Finding> {
    if (!this.settings.isConfigured) return;
    if (this.settings.ephemeral) {
      yield {
        id: 'authentication/ephemeral-mfa-key',
        severity: 'warning',
        where: 'security.mfa.encryptionKeys',
        why: 'The key for second factors was made up for this process: after a restart nobody who enrolled gets in.',
        fix: 'Set BULWARK_MFA_KEY, e.g. to the output of `openssl rand -base64 32`.',
        references: ['API2:2023', 'ASVS-13.3.1'],
      };
    }
    if (production && this.store instanceof MemoryMfaStore) {
      yield {
        id: 'authentication/mfa-in-memory',
        severity: 'warning',
        where: 'security.mfa.store',
        why: 'A restart forgets every second factor, and from then on a password alone opens the accounts.',
        fix: 'Give `store` an MfaStore that keeps them in your database.',
        references: ['API2:2023', 'ASVS-6.3.3'],
      };
    }
  }
}
