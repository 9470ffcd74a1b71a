/** What does a passport strategy say of this request? Its five ways to answer, as one promise. */

import type { Strategy } from 'passport';
import { SecurityError } from '../../core/errors.js';
import type { HttpRequest } from '../../core/transport.js';

interface Answers {
  success(user: unknown): void;
  fail(challenge?: unknown, status?: unknown): void;
  redirect(url?: unknown): void;
  pass(): void;
  error(cause: unknown): void;
}

interface Runnable {
  authenticate(request: HttpRequest, options: Readonly<Record<string, unknown>>): unknown;
}

export interface StrategyRun {
  readonly challenge: string;
  readonly strategyOptions: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  /** Whether the request surely brings a credential: then one that fails counts as a guess. */
  readonly isPresented: boolean;
}

/**
 * Runs the strategy as passport does: on an object of its own that inherits from it, so that calls do not meet.
 *
 * @returns The user that it found.
 * @throws SecurityError `unauthenticated` for everybody else, `invalid_token` where a credential was there, `unavailable` where it fails or takes too long.
 */
export async function runStrategy(
  strategy: Strategy,
  request: HttpRequest,
  { challenge, strategyOptions, timeoutMs, isPresented }: StrategyRun,
): Promise<unknown> {
  const headers = { 'WWW-Authenticate': challenge };
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const refuse = (reason: string) => () => reject(new SecurityError('unauthenticated', { reason, headers }));
      const code = isPresented ? 'invalid_token' : 'unauthenticated';
      const refuseCredential = (reason: string) => () => reject(new SecurityError(code, { reason, headers }));
      const fail = (reason: string, cause?: unknown) => reject(new SecurityError('unavailable', { reason, cause }));
      const answers: Answers = {
        success: (user) => (user ? resolve(user) : refuseCredential('passport_no_user')()),
        fail: refuseCredential('passport_failed'),
        // An API answers; it sends nobody to a login page.
        redirect: refuse('passport_redirect'),
        pass: refuse('passport_passed'),
        error: (cause) => fail('passport_error', cause),
      };
      timer = setTimeout(() => fail('passport_timeout'), timeoutMs);
      const running = Object.assign(Object.create(strategy) as Runnable, answers);
      // Those written with `async` answer a promise, which passport does not look at.
      const pending = running.authenticate(request, { ...strategyOptions, session: false });
      if (pending instanceof Promise) pending.catch((cause: unknown) => answers.error(cause));
    });
  } catch (error) {
    if (error instanceof SecurityError) throw error;
    throw new SecurityError('unavailable', { reason: 'passport_error', cause: error });
  } finally {
    clearTimeout(timer);
  }
}
