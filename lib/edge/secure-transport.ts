/** What becomes of a request that did not come over TLS? */

import type { IncomingMessage } from 'node:http';
import { SecurityError } from '../core/errors.js';
import { hostOf } from '../core/transport.js';
import { parseHost } from './hosts.js';

/** `require`: 403. `redirect`: 308 for GET and HEAD, 403 for the rest. `off`: nothing, something else ends TLS. */
export type HttpsMode = 'require' | 'redirect' | 'off';

export const HTTPS_MODES: readonly HttpsMode[] = ['require', 'redirect', 'off'];

/** Refused, not redirected: a client that got it wrong keeps sending its token in the clear and never notices. */
export function insecureTransport(): SecurityError {
  return new SecurityError('insecure_transport', { reason: 'plain_http' });
}

/**
 * Where a plain request is sent, when the app asked for that. Undefined: it cannot be redirected and is refused.
 * The host was judged before; its port is the one of plain HTTP, so it is dropped.
 */
export function secureLocation(request: IncomingMessage): string | undefined {
  const { method, url } = request;
  if ((method !== 'GET' && method !== 'HEAD') || !url?.startsWith('/')) return undefined;
  const host = parseHost(hostOf(request) ?? '');
  return host && `https://${host.name}${url}`;
}
