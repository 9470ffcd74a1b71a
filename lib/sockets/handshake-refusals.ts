/** Who learns that a connection was not opened? The log, with the exact cause, where no stage has told it yet. */

import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.js';
import { SecurityError } from '../core/errors.js';
import type { EventSubject, SecurityEvents } from '../core/events.js';
import { eventPathOf, type HttpRequest } from '../core/transport.js';
import type { ForwardedClientAddress } from '../edge/client-address.js';
import type { FailureReport } from '../responses/failure-report.js';

type RefusalKind = 'edge_refused' | 'rate_limited' | 'credential_refused' | 'access_refused';

export interface RefusalParts {
  readonly events: SecurityEvents;
  readonly clock: Clock;
  readonly addresses: ForwardedClientAddress;
  readonly failures: FailureReport;
}

export class HandshakeRefusals {
  constructor(private readonly parts: RefusalParts) {}

  /** The refusal, told. */
  told(kind: RefusalKind, stage: string, refusal: SecurityError, request: IncomingMessage): SecurityError {
    const { events, clock } = this.parts;
    const { code, reason } = refusal;
    const subject = this.#subjectOf(request);
    events.emit({ kind, timeMs: clock.now(), level: 'warning', subject, stage, code, reason });
    refusal.recorded = true;
    return refusal;
  }

  /** Scanners ask for what is not there. Each such event is charged to the address. */
  unknown(request: IncomingMessage): SecurityError {
    const { events, clock } = this.parts;
    const subject = this.#subjectOf(request);
    events.emit({ kind: 'route_unknown', timeMs: clock.now(), level: 'info', subject });
    return new SecurityError('not_found', { reason: 'no_gateway_there', recorded: true });
  }

  /** What is wrong with the credential itself, before anybody has judged it. */
  ofCredential(error: unknown, request: IncomingMessage): SecurityError {
    if (!(error instanceof SecurityError)) return this.from(error, request);
    const kind = error.suspect ? 'credential_refused' : 'access_refused';
    return this.told(kind, 'authentication', error, request);
  }

  /** Whatever was thrown, as a refusal: a crash refuses too, and says nothing of itself. */
  from(error: unknown, request: IncomingMessage): SecurityError {
    if (!(error instanceof SecurityError)) {
      this.parts.failures.report(error, request as HttpRequest);
      return new SecurityError('internal', { reason: 'handshake_crashed', cause: error, recorded: true });
    }
    if (error.recorded) return error;
    const kind = error.suspect ? 'credential_refused' : 'access_refused';
    return this.told(kind, 'connection', error, request);
  }

  #subjectOf(request: IncomingMessage): EventSubject {
    const { method } = request;
    return { method, path: eventPathOf(request as HttpRequest), address: this.parts.addresses.of(request) };
  }
}

export function tooMany(reason: string, waitMs = 1_000): SecurityError {
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) };
  return new SecurityError('rate_limited', { reason, headers });
}
