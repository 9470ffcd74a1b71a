/** How a request is refused: a code that programs switch on, few words for the client, the exact cause for the log. */

import { HttpException } from '@nestjs/common';

/** Why a request was refused. The contract with callers: `switch (error.code)` narrows. */
export type SecurityErrorCode = keyof typeof REFUSALS;

interface Refusal {
  readonly status: number;
  readonly title: string;
  /** A registered problem type (RFC 9457 §3.1.1). `about:blank` where the status says it all. */
  readonly type?: string;
}

const REFUSALS = {
  invalid_request: { status: 400, title: 'The request is malformed.' },
  invalid_input: { status: 400, title: 'The input is not what this endpoint accepts.' },
  unauthenticated: { status: 401, title: 'Valid credentials are required.' },
  invalid_token: { status: 401, title: 'Valid credentials are required.' },
  insufficient_user_authentication: { status: 401, title: 'A more recent or a stronger login is required.' },
  forbidden: { status: 403, title: 'You may not do this.' },
  insufficient_scope: { status: 403, title: 'You may not do this.' },
  challenge_required: { status: 403, title: 'Prove first that you are not a program.' },
  insecure_transport: { status: 403, title: 'This API is served over HTTPS only.' },
  cross_origin: { status: 403, title: 'This request may not come from another site.' },
  not_found: { status: 404, title: 'Not found.' },
  method_not_allowed: { status: 405, title: 'This method is not allowed.' },
  idempotency_running: { status: 409, title: 'The first request with this key is still being answered.' },
  idempotency_spent: { status: 409, title: 'This was done already, and its answer was not kept.' },
  gone: { status: 410, title: 'This is no longer served.' },
  payload_too_large: { status: 413, title: 'The request is too large.' },
  unsupported_media_type: { status: 415, title: 'This content type is not supported.' },
  misdirected: { status: 421, title: 'This host is not served here.' },
  idempotency_conflict: { status: 422, title: 'This key was used for another request.' },
  rate_limited: {
    status: 429,
    title: 'Too many requests.',
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  },
  internal: { status: 500, title: 'Something went wrong on our side.' },
  bad_gateway: { status: 502, title: 'Another service that is needed for this did not answer as it should.' },
  store_unavailable: { status: 503, title: 'Please try again later.' },
  unavailable: { status: 503, title: 'Please try again later.' },
  gateway_timeout: { status: 504, title: 'Another service that is needed for this did not answer in time.' },
} as const satisfies Record<string, Refusal>;

/** One mistake in the input, RFC 9457 style: what is wrong, and a JSON pointer to where. */
export interface InputError {
  readonly detail: string;
  readonly pointer: string;
}

export interface SecurityErrorOptions {
  /** The exact cause, for the log only. Never a secret: `token_expired`, not the token. */
  readonly reason?: string;
  /** Response headers that belong to the refusal: `WWW-Authenticate`, `Retry-After`, `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is wrong with the input, safe to show: it must never echo a value. */
  readonly errors?: readonly InputError[];
  /** More members for the problem body, safe to show. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Which credential was refused, where it names itself without being secret: the id of an API key. For the log only. */
  readonly credentialId?: string;
  /**
   * The client may be guessing, though nobody can say whether its credential holds: the address is charged as for one that does not.
   * Default: of `invalid_token` only.
   */
  readonly suspect?: boolean;
  /** An event has told of this refusal already: nobody tells of it again. Default false: whoever catches it does. */
  readonly recorded?: boolean;
}

/** `application/problem+json`, RFC 9457 §3. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly errors?: readonly InputError[];
  readonly [extension: string]: unknown;
}

/**
 * A refusal. An `HttpException`, so that it keeps its status and its silence even where our filter is not installed.
 *
 * @example
 * throw new SecurityError('forbidden', { reason: 'tenant_mismatch' });
 */
export class SecurityError extends HttpException {
  readonly code: SecurityErrorCode;
  /** The exact cause, for the log only. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Which credential it was. For the log only. */
  readonly credentialId: string | undefined;
  /** The address is charged for it. */
  readonly suspect: boolean;
  /** Set by whoever emitted the event of this refusal, so that it is told, and charged for, once. */
  recorded: boolean;

  constructor(code: SecurityErrorCode, options: SecurityErrorOptions = {}) {
    const { status } = REFUSALS[code];
    // Writing down the stack is the dearest part of a refusal, and it only tells where the library refuses: `reason`
    // does so better. What is our own fault keeps it, and so does a `cause`. In an outage every call may be refused.
    const limit = status < 500 || code === 'store_unavailable' ? Error.stackTraceLimit : undefined;
    if (limit !== undefined) limitStackTo(0);
    super(problemFor(code, options), status, { cause: options.cause });
    if (limit !== undefined) limitStackTo(limit);
    this.name = 'SecurityError';
    this.message = `${code}: ${options.reason ?? 'refused'}`;
    this.code = code;
    this.reason = options.reason ?? code;
    this.headers = options.headers ?? NO_HEADERS;
    this.credentialId = options.credentialId;
    this.suspect = options.suspect ?? code === 'invalid_token';
    this.recorded = options.recorded ?? false;
  }

  /** Nest makes a message of the class's name where the body has none. Ours is set by the constructor. */
  override initMessage(): void {}

  override initName(): void {}

  get problem(): ProblemDetails {
    return this.getResponse() as ProblemDetails;
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Not by assignment: that would throw where Node runs with frozen intrinsics. */
function limitStackTo(frames: number): void {
  Reflect.set(Error, 'stackTraceLimit', frames);
}

function problemFor(code: SecurityErrorCode, options: SecurityErrorOptions): ProblemDetails {
  const bare = BARE_PROBLEMS[code];
  if (options.errors === undefined && options.extensions === undefined) return bare;
  return { ...bare, ...(options.errors && { errors: options.errors }), ...options.extensions };
}

/** What a refusal says when it says nothing but its code. One frozen object each. */
const BARE_PROBLEMS = Object.fromEntries(
  Object.entries(REFUSALS).map(([code, { status, title, ...more }]) => [
    code,
    Object.freeze({ type: 'type' in more ? more.type : 'about:blank', title, status }),
  ]),
) as Readonly<Record<SecurityErrorCode, ProblemDetails>>;
