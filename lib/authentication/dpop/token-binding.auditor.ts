/** What in the way bound tokens are proven would surprise its owner? */

import { Inject, Injectable } from '@nestjs/common';
import type { Auditor, AuditScope, Finding } from '../../core/finding.js';
import { MemorySpentStore } from '../../core/memory-spent.store.js';
import type { SpentStore } from '../../core/spent.store.js';
import type { JwtSettings } from '../jwt/jwt.options.js';
import { JWT_SETTINGS } from '../jwt/jwt.settings.js';
import { NONCE_STORE, SIGNATURES, type SignaturesSettings } from '../signature/signatures.options.js';

@Injectable()
export class TokenBindingAuditor implements Auditor {
  constructor(
    @Inject(JWT_SETTINGS) private readonly settings: JwtSettings,
    @Inject(SIGNATURES) private readonly signatures: SignaturesSettings,
    @Inject(NONCE_STORE) private readonly spent: SpentStore,
  ) {}

  *findings({ production }: AuditScope): Iterable<Finding> {
    const { dpop } = this.settings;
    if (!production || dpop.mode === 'off') return;
    // Whoever gives a store, of whatever kind, has thought of it.
    if (this.signatures.nonces === undefined && this.spent instanceof MemorySpentStore) {
      yield {
        id: 'dpop/in-memory',
        severity: 'warning',
        where: 'security.signatures.nonces',
        why: 'Each process remembers for itself which proofs were used: with a second one, or after a restart, a proof is good again.',
        fix: 'signatures: { nonces: mySpentStore }',
        references: ['API2:2023', 'RFC 9449 §11.1'],
      };
    }
    if (dpop.nonce?.ephemeral === true) {
      yield {
        id: 'dpop/nonce-of-one-process',
        severity: 'warning',
        where: 'security.jwt.dpop.nonce.secret',
        why: 'The secret of the nonces was made up for this process: a second one refuses them, and asks each client again.',
        fix: 'dpop: { nonce: { secret: process.env.DPOP_NONCE_SECRET } }',
        references: ['RFC 9449 §9'],
      };
    }
  }
}
