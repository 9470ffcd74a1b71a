/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const authorizationFace = {
  key: 'roles',
  token: Symbol('bulwark:roles'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
