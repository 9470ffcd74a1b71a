/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const auditFace = {
  key: 'audit',
  token: Symbol('bulwark:audit'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
