/** What in the way API keys are kept would surprise their owner? */

import { Inject, Injectable } from '@nestjs/common';
import type { Auditor, AuditScope, Finding } from '../../core/finding.js';
import { AuthenticationStage } from '../authentication.stage.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { API_KEY_STORE, type ApiKeyStore } from './api-key.store.js';
import { API_KEYS_SETTINGS, type ApiKeysSettings } from './api-keys.options.js';
import { MemoryApiKeyStore } from './memory-api-key.store.js';

@Injectable()
export class ApiKeysAuditor implements Auditor {
  constructor(
    @Inject(API_KEYS_SETTINGS) private readonly settings: ApiKeysSettings,
    @Inject(API_KEY_STORE) private readonly store: ApiKeyStore,
    @Inject(AuthenticationStage) private readonly stage: AuthenticationStage,
  ) {}

  *findings({ routes, production }: AuditScope): Iterable<Finding> {
    if (!production || this.settings.store !== undefined || !(this.store instanceof MemoryApiKeyStore)) return;
    if (!routes.some((route) => this.stage.schemesOf(route).some(({ name }) => name === ApiKeyGuard.scheme))) return;
    yield {
      id: 'api-keys/in-memory',
      severity: 'warning',
      where: 'security.apiKeys.store',
      why: 'API keys are kept in the memory of this process: every restart ends them, and a second process refuses them.',
      fix: 'apiKeys: { store: myApiKeyStore }',
      references: ['API2:2023', 'ASVS-13.3.1'],
    };
  }
}
