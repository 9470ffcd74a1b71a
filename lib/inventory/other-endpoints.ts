/** What can be called past the controllers? Routes on the HTTP adapter itself, GraphQL, gateways and message handlers. */

import type { RawRoute } from './adapter-routes.js';
import type { Endpoint } from './endpoint.js';
import { openItems } from './open-items.js';
import type { MessageSurface } from './message-surfaces.js';

export function rawEndpoint({ method, path }: RawRoute): Endpoint {
  return complete({
    ...bare('raw', method, path),
    access: 'unguarded',
    reason: 'put on the HTTP adapter itself: no guard, limit or response filter sees it',
  });
}

/** @param isClosed Whether a guard of ours, which knows no callers there, stands before it and refuses them all. */
export function surfaceEndpoint({ kind, method, path, handler }: MessageSurface, isClosed: boolean): Endpoint {
  return complete({
    ...bare(kind, method, path),
    handler,
    ...(isClosed
      ? { access: 'refused', reason: 'nothing tells the pipeline how to read its callers' }
      : { access: 'unguarded', reason: 'no guard of ours stands before it' }),
  });
}

type Bare = Omit<Endpoint, 'answers' | 'open'>;

function bare(kind: Endpoint['kind'], method: string, path: string) {
  return { id: `${method} ${path}`, kind, method, path, schemes: [], scopes: [], policies: [], input: [], checks: [] };
}

function complete(endpoint: Bare): Endpoint {
  const open = [
    ...openItems(endpoint),
    ...(endpoint.kind === 'raw' ? [{ id: 'API9:2023', why: 'no controller declares it' }] : []),
  ];
  return Object.freeze({ ...endpoint, answers: [], open });
}
