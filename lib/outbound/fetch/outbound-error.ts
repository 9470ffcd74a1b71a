/** How an outbound request fails: a code that programs switch on, and the exact reason for the log. */

/** Why an outbound request failed. The contract with callers: `switch (error.code)` narrows. */
export type OutboundErrorCode =
  /** The URL itself: it cannot be read, is too long, or carries credentials. */
  | 'url_refused'
  | 'scheme_refused'
  | 'port_refused'
  /** The host is not on the list, or its name means something inside a network. */
  | 'host_not_allowed'
  /** The address that would be dialled is not public. */
  | 'address_refused'
  /** A header of the caller that would decide where the request goes or where it ends. */
  | 'header_refused'
  | 'redirect_refused'
  /** More bytes than `maxBytes`, compressed or not, or more headers than are read. */
  | 'too_large'
  | 'content_type_refused'
  /** A content coding that is not decoded here, or several on top of each other. */
  | 'encoding_refused'
  | 'timeout'
  | 'dns_failed'
  /** Everything else that keeps an answer from arriving: refused, reset, TLS, not HTTP. */
  | 'network';

/** Codes that say no by rule: the same request will fail tomorrow. The others may pass when it is tried again. */
const RULES: ReadonlySet<OutboundErrorCode> = new Set([
  'url_refused',
  'scheme_refused',
  'port_refused',
  'host_not_allowed',
  'address_refused',
  'header_refused',
  'redirect_refused',
  'content_type_refused',
  'encoding_refused',
  'too_large',
] satisfies OutboundErrorCode[]);

/**
 * An outbound request that did not end well. `message` and `reason` are for the log: they tell what stands at an address,
 * which is what somebody who sends URLs here wants to know. Show a client the same few words for every code.
 */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode;
  /** The exact cause, with host and address, never with the path or the query of a URL: those hold secrets. */
  readonly reason: string;

  constructor(code: OutboundErrorCode, reason: string, options: { readonly cause?: unknown } = {}) {
    super(`${code}: ${reason}`, options);
    this.name = 'OutboundError';
    this.code = code;
    this.reason = reason;
  }

  /** Refused by rule, and not by chance: trying again changes nothing. */
  get refused(): boolean {
    return RULES.has(this.code);
  }
}
