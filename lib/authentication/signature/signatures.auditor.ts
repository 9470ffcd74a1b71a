/** What in the way requests are signed would surprise its owner? */

import { Inject, Injectable } from '@nestjs/common';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../../core/finding.js';
import { MemorySpentStore } from '../../core/memory-spent.store.js';
import { RawBodies } from '../../core/raw-bodies.js';
import type { Route } from '../../core/route.js';
import type { SpentStore } from '../../core/spent.store.js';
import { AuthenticationStage } from '../authentication.stage.js';
import { NONCE_STORE, SIGNATURES, type SignaturesSettings } from './signatures.options.js';
import { SIGNATURE_SCHEME } from './signed.decorator.js';

const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD']);

@Injectable()
export class SignaturesAuditor implements Auditor {
  constructor(
    @Inject(RawBodies) private readonly bodies: RawBodies,
    @Inject(NONCE_STORE) private readonly nonces: SpentStore,
    @Inject(SIGNATURES) private readonly settings: SignaturesSettings,
    @Inject(AuthenticationStage) private readonly stage: AuthenticationStage,
  ) {}

  *findings({ routes, production }: AuditScope): Iterable<Finding> {
    const signed = routes.filter((route) => this.stage.schemesOf(route).some(({ name }) => name === SIGNATURE_SCHEME));
    if (!this.bodies.areKept) {
      for (const route of signed.filter(takesBody)) {
        yield {
          id: 'authentication/no-raw-body',
          severity: 'error',
          where: placeOf(route),
          why: 'Signatures are over the bytes of the body, and nobody keeps them: every signed body is refused.',
          fix: 'secureApp(app), or NestFactory.create(AppModule, { rawBody: true })',
          references: ['API2:2023', 'ASVS-4.1.5'],
        };
      }
    }
    // Whoever gives a store, of whatever kind, has thought of it.
    const isDefault = this.settings.nonces === undefined && this.nonces instanceof MemorySpentStore;
    if (production && signed.length > 0 && isDefault) {
      yield {
        id: 'signatures/in-memory',
        severity: 'warning',
        where: 'security.signatures.nonces',
        why: 'Each process remembers for itself which messages were used: with a second one, or after a restart, a message can be sent again.',
        fix: 'signatures: { nonces: mySpentStore }',
        references: ['API2:2023', 'ASVS-4.1.5'],
      };
    }
  }
}

function takesBody({ paths }: Route): boolean {
  return paths.some(({ method }) => !WITHOUT_BODY.has(method));
}
