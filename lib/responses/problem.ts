/** What is a client told about this error? Our own words for the cause, never the error's. */

import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { SecurityError, type InputError, type ProblemDetails, type SecurityErrorCode } from '../core/errors.js';

/** The client's fault, or a refusal: it may know. */
export interface RefusalVerdict {
  readonly kind: 'refusal';
  readonly problem: ProblemDetails;
  readonly headers: Readonly<Record<string, string>>;
  /** Set where the framework refused before any of our stages saw the request: nobody has recorded it yet. */
  readonly unrecorded?: { readonly code: SecurityErrorCode; readonly reason: string };
}

/** Our fault: the client learns a number to ask by, the log the rest. */
export interface FailureVerdict {
  readonly kind: 'failure';
  readonly problem: ProblemDetails;
}

export function verdictOn(error: unknown): RefusalVerdict | FailureVerdict {
  if (error instanceof SecurityError) return onSecurityError(error);
  const framework = onFrameworkError(error);
  if (framework !== undefined) return framework;
  if (error instanceof HttpException) return onHttpException(error);
  return { kind: 'failure', problem: standardProblem(500) };
}

const CODES: ReadonlyMap<number, SecurityErrorCode> = new Map([
  [400, 'invalid_request'],
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [405, 'method_not_allowed'],
  [413, 'payload_too_large'],
  [415, 'unsupported_media_type'],
  [421, 'misdirected'],
  [429, 'rate_limited'],
  [500, 'internal'],
  [503, 'unavailable'],
]);

/** The code of a refusal with this status, where it was no SecurityError that made it. */
export function codeOfStatus(status: number): SecurityErrorCode {
  return CODES.get(status) ?? (status >= 500 ? 'internal' : 'invalid_request');
}

/** The problem that a bare status makes. Made once per status: floods of 404s come through here. */
export function standardProblem(status: number): ProblemDetails {
  let problem = standard.get(status);
  if (problem === undefined) {
    const code = CODES.get(status);
    const title = STATUS_CODES[status] ?? 'Refused';
    problem = Object.freeze(
      code === undefined ? { type: 'about:blank', title, status } : new SecurityError(code).problem,
    );
    standard.set(status, problem);
  }
  return problem;
}

const standard = new Map<number, ProblemDetails>();

function onSecurityError(error: SecurityError): RefusalVerdict | FailureVerdict {
  if (error.code === 'internal') return { kind: 'failure', problem: error.problem };
  return { kind: 'refusal', problem: error.problem, headers: error.headers };
}

interface FrameworkError {
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly expose?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly name?: unknown;
}

/**
 * Body parsers, routers and upload plug-ins refuse with errors of their own, which Nest wraps in an HttpException of the
 * same message. Their words quote the request and name their insides, so only the status is kept.
 */
function onFrameworkError(error: unknown): RefusalVerdict | undefined {
  const wrapped = error instanceof HttpException && isWrapped(error) ? error.cause : error;
  if (typeof wrapped !== 'object' || wrapped === null || wrapped instanceof HttpException) return undefined;
  if (!isFrameworkError(wrapped)) return undefined;
  const { status, statusCode = status, type, code, name } = wrapped as FrameworkError;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode) || statusCode < 400 || statusCode > 499) {
    return undefined;
  }
  const reason = [type, code, name].find((word) => typeof word === 'string') ?? 'thrown_object';
  return {
    kind: 'refusal',
    problem: standardProblem(statusCode),
    headers: NO_HEADERS,
    unrecorded: { code: CODES.get(statusCode) ?? 'invalid_request', reason },
  };
}

function isWrapped({ message, cause }: HttpException): boolean {
  return cause instanceof Error && (message === cause.message || (cause as FrameworkError).expose === false);
}

/** A status alone proves nothing: an HTTP client's error carries the status of somebody else's answer. */
function isFrameworkError(error: object): boolean {
  const { status, statusCode, expose, code, name } = error as FrameworkError;
  // Some middleware throws plain objects in the shape of an answer.
  if (!(error instanceof Error)) return statusCode !== undefined;
  // http-errors: Express, its body parsers, `send`.
  if (typeof expose === 'boolean' && status === statusCode) return true;
  // Express' router, on a path that does not decode.
  if (error instanceof URIError) return status === 400;
  return typeof code === 'string' && (code.startsWith('FST_') || name === 'FastifyError');
}

function onHttpException(error: HttpException): RefusalVerdict | FailureVerdict {
  const status = error.getStatus();
  // Whatever a handler means by a status under 400, it threw it: that is a failure.
  if (status >= 500) return { kind: 'failure', problem: standardProblem(status) };
  if (!(status >= 400)) return { kind: 'failure', problem: standardProblem(500) };
  const { errors, detail } = wordsOf(error, status);
  const standard = errors === undefined ? standardProblem(status) : { ...INPUT_PROBLEM, status };
  return {
    kind: 'refusal',
    problem:
      detail === undefined && errors === undefined
        ? standard
        : { ...standard, ...(detail && { detail }), ...(errors && { errors }) },
    headers: status === 401 ? CHALLENGE : NO_HEADERS,
  };
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** RFC 9110 §15.5.2: a 401 says how to authenticate. */
const CHALLENGE: Readonly<Record<string, string>> = Object.freeze({ 'WWW-Authenticate': 'Bearer' });

const INPUT_PROBLEM = new SecurityError('invalid_input').problem;

/** Statuses with one body for every cause: what is missing, foreign or wrongly signed must not be told apart. */
const SILENT: ReadonlySet<number> = new Set([401, 404, 429]);

/** What the app's developer wrote for the client to read, and not what Nest fills in. */
function wordsOf(error: HttpException, status: number): { detail?: string; errors?: readonly InputError[] } {
  const response = error.getResponse();
  const message = typeof response === 'string' ? response : (response as { message?: unknown }).message;
  if (SILENT.has(status) || response instanceof Error) return {};
  // The list that Nest's own validation pipes make.
  if (Array.isArray(message) && message.length > 0) {
    return { errors: message.filter((entry): entry is string => typeof entry === 'string').map(inputErrorOf) };
  }
  if (typeof message !== 'string' || message === '') return {};
  return message === STATUS_CODES[status] || message === 'Forbidden resource' ? {} : { detail: message };
}

/** class-validator begins its messages with the path of the property: `items.0.name must be a string`. */
function inputErrorOf(detail: string): InputError {
  const path = /^(?:property |each value in (?:nested property )?)?([\w$]+(?:\.[\w$]+)*) (?:must|should|has|is)\b/.exec(
    detail,
  )?.[1];
  return { detail, pointer: path === undefined ? '#' : `#/${path.replaceAll('.', '/')}` };
}
