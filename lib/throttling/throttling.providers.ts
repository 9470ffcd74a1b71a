/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const throttlingFace = {
  key: 'throttling',
  token: Symbol('bulwark:throttling'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
