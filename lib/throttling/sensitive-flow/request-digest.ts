/** Is it the same request again? One digest of what was asked: method, target and body, and with which rights. */

import { createHash, type Hash } from 'node:crypto';
import { SecurityError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';
import type { HttpRequest } from '../../core/transport.js';
import { PROOF_FIELDS } from './human-proof.js';

/** No sane input is deeper, and following one that is would exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Parsed bodies are the same when they hold the same values, in whatever order or spacing. What proves the try and not
 * the wish, a captcha or a ticket, does not count: a repeat needs a fresh one in the client's eyes. The caller's rights do count: an answer must not be shown to
 * who may no longer see it, and what was done must not be done twice for having gained or lost a role.
 *
 * @throws SecurityError when the body is deeper than any input may be, or nobody has read it.
 */
export function requestDigest(request: HttpRequest, principal?: Principal): string {
  const { body } = request;
  const hash = createHash('sha256');
  hash.update(`${request.method} ${request.originalUrl ?? request.url}\n`);
  hash.update(`${grantOf(principal)}\n`);
  if (body === undefined || body === null) {
    if (hasBody(request)) throw new SecurityError('unsupported_media_type', { reason: 'body_not_read' });
  } else if (ArrayBuffer.isView(body)) {
    hash.update(body as Uint8Array);
  } else {
    addValue(hash, body, 0, PROOF_FIELDS);
  }
  return hash.digest('base64url');
}

/** What a handler, and the filter of its answer, may have gone by. Not the session: a new login may ask for the answer. */
function grantOf(principal: Principal | undefined): string {
  if (principal === undefined) return '';
  const { scheme, roles, scopes, tier, amr, acr } = principal;
  return JSON.stringify([
    scheme,
    [...roles].sort(),
    [...scopes].sort(),
    tier ?? null,
    amr?.toSorted() ?? null,
    acr ?? null,
  ]);
}

function hasBody({ headers }: HttpRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || (length !== undefined && Number(length) !== 0);
}

/** Canonical JSON (RFC 8785 in spirit): keys in order, no spaces. */
function addValue(hash: Hash, value: unknown, depth: number, without: ReadonlySet<string> = NOTHING): void {
  if (typeof value === 'number') {
    // Not JSON, which makes null of 1e400.
    hash.update(String(value));
    return;
  }
  if (typeof value !== 'object' || value === null) {
    hash.update(JSON.stringify(value) ?? 'undefined');
    return;
  }
  if (depth === MAX_DEPTH) throw new SecurityError('invalid_request', { reason: 'body_too_deep' });
  if (Array.isArray(value)) {
    hash.update('[');
    for (const item of value) {
      addValue(hash, item, depth + 1);
      hash.update(',');
    }
    hash.update(']');
    return;
  }
  hash.update('{');
  for (const key of Object.keys(value).sort()) {
    if (without.has(key)) continue;
    hash.update(`${JSON.stringify(key)}:`);
    addValue(hash, (value as Record<string, unknown>)[key], depth + 1);
    hash.update(',');
  }
  hash.update('}');
}

const NOTHING: ReadonlySet<string> = new Set();
