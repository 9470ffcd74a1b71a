/** What is a client told over a socket that was refused something? The fields of the problem that HTTP answers with. */

import { HttpException } from '@nestjs/common';
import { SecurityError, type ProblemDetails, type SecurityErrorCode } from '../core/errors.js';
import { standardProblem, verdictOn } from '../responses/problem.js';

/** The data of an `exception`. Never a stack, a cause, or what the client had sent. */
export interface SocketException extends ProblemDetails {
  /** The library's own word for the refusal, where it refused. */
  readonly code?: SecurityErrorCode;
  /** Which message it was about. */
  readonly event?: string;
  /** When it may be tried again, in seconds. */
  readonly retryAfter?: number;
}

export function exceptionFor(error: unknown, event?: string, instance?: string): SocketException {
  const { problem, headers } = judged(error);
  const seconds = Number(headers['Retry-After']);
  return {
    ...problem,
    ...(error instanceof SecurityError && { code: error.code }),
    ...(event !== undefined && { event }),
    ...(instance !== undefined && { instance }),
    ...(seconds > 0 && { retryAfter: seconds }),
  };
}

/** Was it a failure of ours, and no refusal? */
export function isFailure(error: unknown): boolean {
  return wordsOfWsException(error) === undefined && verdictOn(error).kind === 'failure';
}

function judged(error: unknown): { problem: ProblemDetails; headers: Readonly<Record<string, string>> } {
  const detail = wordsOfWsException(error);
  if (detail !== undefined) {
    return { problem: { ...standardProblem(400), ...(detail !== '' && { detail }) }, headers: {} };
  }
  const verdict = verdictOn(error);
  return { problem: verdict.problem, headers: 'headers' in verdict ? verdict.headers : {} };
}

/** What the app's developer wrote for the client to read: `throw new WsException('the room is full')`. */
function wordsOfWsException(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof HttpException) return undefined;
  const { getError } = error as { getError?: unknown };
  if (typeof getError !== 'function') return undefined;
  const said: unknown = (getError as () => unknown).call(error);
  const message: unknown = typeof said === 'object' && said !== null ? (said as { message?: unknown }).message : said;
  return typeof message === 'string' ? message : '';
}
