/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const authenticationFace = {
  key: 'jwt',
  token: Symbol('bulwark:jwt'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
