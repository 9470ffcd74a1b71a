/** The one face of this folder to the wiring. */

import { CLIENT_ADDRESS } from '../core/client-address.js';
import type { StageFace } from '../core/stage-face.js';
import { ForwardedClientAddress } from './client-address.js';
import { EdgeAuditor } from './edge.auditor.js';
import { edgeSettings, EDGE_SETTINGS, type EdgeOptions, type EdgeSettings } from './edge.options.js';
import { Edge } from './edge.js';

export const edgeFace = {
  key: 'edge',
  token: EDGE_SETTINGS,
  settings: (input, environment) => edgeSettings(input, environment),
  providers: [
    {
      provide: ForwardedClientAddress,
      inject: [EDGE_SETTINGS],
      useFactory: (settings: EdgeSettings) => new ForwardedClientAddress(settings),
    },
    { provide: CLIENT_ADDRESS, useExisting: ForwardedClientAddress },
    Edge,
  ],
  exports: [CLIENT_ADDRESS, Edge],
  auditors: [EdgeAuditor],
} satisfies StageFace<EdgeOptions, EdgeSettings>;
