/** Something broke, or was refused where no stage could see it: who learns what? The client little, the log everything. */

import { randomUUID } from 'node:crypto';
import { HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { Call, callOf } from '../core/call.js';
import { CLIENT_ADDRESS, type ClientAddress } from '../core/client-address.js';
import { CLOCK, type Clock } from '../core/clock.js';
import { SecurityError, type SecurityErrorCode } from '../core/errors.js';
import { SecurityEvents, type EventSubject } from '../core/events.js';
import { RefusalTally } from '../core/refusal-tally.js';
import { eventPathOf, rawRequest, type Exchange, type HttpRequest } from '../core/transport.js';
import { verdictOn } from './problem.js';
import { ShapeMismatch } from './standard-schema.js';

/** A part of a request, by a name that no other part of it has. */
export interface RequestPart extends Pick<Exchange, 'response'> {
  readonly what: string;
}

@Injectable()
export class FailureReport {
  readonly #logger = new Logger('Bulwark');

  constructor(
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
    @Inject(RefusalTally) private readonly tally: RefusalTally,
  ) {}

  /** Logs the stack and tells the event's listeners. Returns the incident, the only thing the client gets. */
  report(error: unknown, about: HttpRequest | Call | undefined): string {
    const incident = randomUUID();
    const subject = about === undefined ? {} : this.subjectOf(about);
    const where = subject.route ?? (about === undefined ? 'an operation' : `${subject.method} ${subject.path}`);
    this.#logger.error(`Incident ${incident} in ${where}`, stackOf(error));
    this.events.emit({
      kind: 'server_failed',
      timeMs: this.clock.now(),
      level: 'alert',
      subject,
      incident,
      reason: reasonOf(error),
    });
    return incident;
  }

  /** The error to send where Nest itself writes an error's message to the client: our words in place of its own. */
  quiet(error: unknown, request: HttpRequest): HttpException {
    const { kind, problem } = verdictOn(error);
    if (kind === 'failure') this.report(error, request);
    return new HttpException(problem.title, problem.status);
  }

  /** Records what the framework refused before any stage saw it. */
  recordEdgeRefusal(
    request: HttpRequest,
    // By name, for callers hand over whole errors, which hold an answer and its headers.
    { code, reason }: { readonly code: SecurityErrorCode; readonly reason: string },
  ): void {
    const subject = this.subjectOf(request);
    this.events.emit({
      kind: 'edge_refused',
      timeMs: this.clock.now(),
      level: 'warning',
      subject,
      stage: 'edge',
      code,
      reason,
    });
  }

  /**
   * Records a refusal by pipe or handler: a pipe is not told which request it works for, and a handler that lets nobody
   * in is judging a credential.
   *
   * @param part of a request that asks for the same again and again: told once, with a count.
   */
  recordRefusal(about: HttpRequest | Call, error: SecurityError, part?: RequestPart): void {
    const { code, reason, recorded } = error;
    if (recorded) return;
    error.recorded = true;
    const refusal = {
      kind:
        code === 'invalid_input'
          ? 'input_refused'
          : error.getStatus() === 401
            ? 'credential_refused'
            : 'access_refused',
      timeMs: this.clock.now(),
      level: 'warning',
      subject: this.subjectOf(about),
      stage: code === 'invalid_input' ? 'validation' : 'handler',
      code,
      reason,
    } as const;
    if (part === undefined) this.events.emit(refusal);
    else this.tally.add(part, part.what, refusal);
  }

  /** Scanners ask for what is not there. */
  recordUnknownRoute(request: HttpRequest): void {
    const subject = this.subjectOf(request);
    this.events.emit({ kind: 'route_unknown', timeMs: this.clock.now(), level: 'info', subject });
  }

  /** Who and where, also for requests that no route has seen. */
  private subjectOf(about: HttpRequest | Call): EventSubject {
    const request = about instanceof Call ? about.request : about;
    const call = about instanceof Call ? about : callOf(request);
    if (call !== undefined) return call.subject();
    return { method: request.method, path: eventPathOf(request), address: this.addresses.of(rawRequest(request)) };
  }
}

/** Names the kind of failure only: messages quote statements and data, and those stay in the app's own log. */
function reasonOf(error: unknown): string {
  if (error instanceof SecurityError) return error.reason;
  if (error instanceof ShapeMismatch) return error.message;
  return error instanceof Error ? error.name : `a thrown ${error === null ? 'null' : typeof error}`;
}

/** The stack, and those of what caused it. Not the error's own fields: they hold requests and their credentials. */
function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let each = error; each instanceof Error && stacks.length < 4; each = each.cause) {
    stacks.push(each.stack ?? `${each.name}: ${each.message}`);
  }
  return stacks.length === 0 ? String(reasonOf(error)) : stacks.join('\nCaused by: ');
}
