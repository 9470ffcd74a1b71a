/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const validationFace = {
  key: 'validation',
  token: Symbol('bulwark:validation'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
