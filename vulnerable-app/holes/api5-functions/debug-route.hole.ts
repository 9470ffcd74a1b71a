/** A route for the developer, put on the adapter itself: no guard ever sees it. */

import { rawRoute } from '../../careless.js';
import type { Hole } from '../../hole.js';

export const debugRoute: Hole = {
  id: 'debug-route',
  title: 'GET /debug/state tells everybody how the process is',
  owasp: 'API5:2023',
  expects: 'exposure/unguarded',
  at: 'GET /debug/state',
  patch: (app) => rawRoute(app, '/debug/state', () => ({ memory: process.memoryUsage(), argv: process.argv })),
};
