/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage-face.js';
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

export const throttlingFace: StageFace<ThrottlingOptions, ThrottlingSettings> = {
  key: 'throttling',
  token: THROTTLING,
  settings: (input) => throttlingSettings(input),
  providers: [
    {
      provide: BUCKET_STORE,
      inject: [THROTTLING],
      useFactory: ({ store, maxKeys }: ThrottlingSettings) => store ?? new MemoryBucketStore({ maxKeys }),
    },
    AddressGate,
    AddressGateStage,
    RateLimitStage,
    RateLimitGuard,
  ],
  exports: [BUCKET_STORE, AddressGate, AddressGateStage, RateLimitStage, RateLimitGuard],
  auditors: [],
};
