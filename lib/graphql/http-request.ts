/** Is this HTTP request one that an operation may come in? One JSON body, by POST, and nothing that a form of another site can send. */

import { SecurityError } from '../core/errors.js';
import type { HttpRequest } from '../core/transport.js';
import { malformed } from './operation.gate.js';

/** Undefined: it may. */
export function requestRefusal({ method, headers, body }: HttpRequest): SecurityError | undefined {
  if (method !== 'POST') {
    // A GET may be made by any page, is kept by caches and logs, and must change nothing.
    return new SecurityError('method_not_allowed', { reason: 'graphql_by_get', headers: { Allow: 'POST' } });
  }
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  if (!/^application\/(?:graphql\+)?json$/i.test(type.trim())) {
    return new SecurityError('unsupported_media_type', { reason: 'graphql_content_type' });
  }
  if (Array.isArray(body)) return malformed('batch', 'Send one operation per request.');
  return undefined;
}
