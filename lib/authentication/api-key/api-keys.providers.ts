/** The face of this folder to the wiring. */

import type { StageFace } from '../../core/stage-face.js';
import { storeProvider, type StoreSlot } from '../../core/supplied-stores.js';
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

const API_KEYS: StoreSlot = {
  token: API_KEY_STORE,
  methods: ['add', 'find', 'rotate', 'revoke', 'list', 'touch'],
};

export const apiKeysFace: StageFace<ApiKeysOptions, ApiKeysSettings> = {
  key: 'apiKeys',
  token: API_KEYS_SETTINGS,
  settings: resolveApiKeysOptions,
  providers: [
    storeProvider(API_KEYS, {
      settings: API_KEYS_SETTINGS,
      own: ({ store }: ApiKeysSettings) => store,
      memory: () => new MemoryApiKeyStore(),
    }),
    ApiKeyVerifier,
    ApiKeyScheme,
    ApiKeyService,
    ApiKeyGuard,
  ],
  exports: [API_KEY_STORE, ApiKeyService, ApiKeyGuard],
  auditors: [ApiKeysAuditor],
  stores: { apiKeys: API_KEYS },
};
