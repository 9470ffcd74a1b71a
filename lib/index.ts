/** The public API, in request order. */

export { SecurityModule } from './security.module.js';
export type { SecurityOptions } from './security.options.js';
export { SecurityGuard } from './security.guard.js';
