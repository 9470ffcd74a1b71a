/** The face of this folder to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeyScheme } from './api-key.scheme.js';
import { ApiKeyService } from './api-key.service.js';
import { API_KEY_STORE } from './api-key.store.js';
import { ApiKeyVerifier } from './api-key.verifier.js';
import { ApiKeysAuditor } from './api-keys.auditor.js';
import {
  API_KEYS_SETTINGS,
  resolveApiKeysOptions,
  type ApiKeysOptions,
  type ApiKeysSettings,
} from './api-keys.options.js';
import { MemoryApiKeyStore } from './memory-api-key.store.js';

export const apiKeysFace: StageFace<ApiKeysOptions, ApiKeysSettings> = {
  key: 'apiKeys',
  token: API_KEYS_SETTINGS,
  settings: resolveApiKeysOptions,
  providers: [
    {
      provide: API_KEY_STORE,
      inject: [API_KEYS_SETTINGS],
      useFactory: ({ store }: ApiKeysSettings) => store ?? new MemoryApiKeyStore(),
    },
    ApiKeyVerifier,
    ApiKeyScheme,
    ApiKeyService,
    ApiKeyGuard,
  ],
  exports: [API_KEY_STORE, ApiKeyService, ApiKeyGuard],
  auditors: [ApiKeysAuditor],
};
