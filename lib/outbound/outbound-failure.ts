/** What does a failed request to another service mean for the request that needed it? */

import { AnswerMismatch } from './answer/answer-shape.js';
import { OutboundError, type OutboundErrorCode } from './fetch/outbound-error.js';
import { JsonFault } from './answer/plain-json.js';

/** The other side's fault. */
export type GatewayCode = 'bad_gateway' | 'gateway_timeout';

export interface OutboundFailure {
  readonly code: GatewayCode | 'invalid_input';
  /** For the log: host and address at most, never a path, a query or a word of the answer. */
  readonly reason: string;
}

/** @returns undefined where this is no failure of the exchange: a bug, or the caller's own `signal`. */
export function outboundFailureOf(error: unknown): OutboundFailure | undefined {
  const outbound = outboundErrorIn(error);
  if (outbound !== undefined) return { code: codeOf(outbound.code), reason: `${outbound.code}: ${outbound.reason}` };
  if (error instanceof AnswerMismatch || error instanceof JsonFault) {
    return { code: 'bad_gateway', reason: `the answer ${error.message}` };
  }
  return undefined;
}

/** Readers of a body wrap what broke it. */
export function outboundErrorIn(error: unknown): OutboundError | undefined {
  let each = error;
  for (let depth = 0; depth < 5 && each instanceof Error; depth++) {
    if (each instanceof OutboundError) return each;
    each = each.cause;
  }
  return undefined;
}

/** Codes by which a look-up says that there is no such name, or no address of it. */
const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME', 'NOTFOUND', 'NODATA']);

/** Nobody could say whether there is such a name: our DNS is not well, and it was no client's doing. */
export function isBrokenLookUp(error: unknown): boolean {
  const outbound = outboundErrorIn(error);
  if (outbound?.code !== 'dns_failed' || !(outbound.cause instanceof Error)) return false;
  return 'code' in outbound.cause && !NO_SUCH_NAME.has(String(outbound.cause.code));
}

/**
 * A URL that may not be asked is the client's mistake, and so is a name that nobody knows: told apart from one that leads
 * inside, it would list the names of a private network.
 */
function codeOf(code: OutboundErrorCode): GatewayCode | 'invalid_input' {
  switch (code) {
    case 'url_refused':
    case 'scheme_refused':
    case 'port_refused':
    case 'host_not_allowed':
    case 'address_refused':
    case 'header_refused':
    case 'redirect_refused':
    case 'dns_failed':
      return 'invalid_input';
    case 'timeout':
      return 'gateway_timeout';
    case 'too_large':
    case 'content_type_refused':
    case 'encoding_refused':
    case 'network':
      return 'bad_gateway';
    default:
      return code satisfies never;
  }
}
