/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage-face.js';
import { storeProvider, type StoreSlot } from '../core/supplied-stores.js';
import { AddressGate } from './address-gate.js';
import { AddressGateStage } from './address-gate.stage.js';
import { BUCKET_STORE } from './bucket.store.js';
import { MemoryBucketStore } from './memory-bucket.store.js';
import { RateLimitGuard, RateLimitStage } from './rate-limit.stage.js';
import {
  THROTTLING,
  throttlingSettings,
  type ThrottlingOptions,
  type ThrottlingSettings,
} from './throttling.options.js';

const BUCKETS: StoreSlot = { token: BUCKET_STORE, methods: ['take'] };

export const throttlingFace: StageFace<ThrottlingOptions, ThrottlingSettings> = {
  key: 'throttling',
  token: THROTTLING,
  settings: (input) => throttlingSettings(input),
  providers: [
    storeProvider(BUCKETS, {
      settings: THROTTLING,
      own: ({ store }: ThrottlingSettings) => store,
      memory: ({ maxKeys }) => new MemoryBucketStore({ maxKeys }),
    }),
    AddressGate,
    AddressGateStage,
    RateLimitStage,
    RateLimitGuard,
  ],
  exports: [BUCKET_STORE, AddressGate, AddressGateStage, RateLimitStage, RateLimitGuard],
  auditors: [],
  stores: { buckets: BUCKETS },
};
