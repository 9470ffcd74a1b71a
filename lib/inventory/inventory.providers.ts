/** The one face of this folder to the wiring. */

import type { StageFace } from '../core/stage.js';

export const inventoryFace = {
  key: 'bootAudit',
  token: Symbol('bulwark:bootAudit'),
  settings: (input: undefined) => input,
  providers: [],
  exports: [],
  auditors: [],
} satisfies StageFace<undefined, unknown>;
