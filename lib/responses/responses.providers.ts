/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const responsesFace = {
  key: 'responses',
  token: Symbol('bulwark:responses'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
