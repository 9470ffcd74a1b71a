/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const edgeFace = {
  key: 'edge',
  token: Symbol('bulwark:edge'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
