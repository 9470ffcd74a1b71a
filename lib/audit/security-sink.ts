/** Where do events go? A sink is anything that can be written to; the default is one JSON line through Nest's logger. */

import { Logger } from '@nestjs/common';
import type { SecurityEvent, SecurityEventLevel } from '../core/events.js';
import { redactedJson } from '../core/redact.js';

export interface SecuritySink {
  /** The lowest level it wants. Default: the level of `security.audit.level`. */
  readonly level?: SecurityEventLevel;
  /** Called in order, never awaited by a request. A failure is logged and changes no decision. */
  write(event: SecurityEvent): void | Promise<void>;
  /**
   * Writes what is still waiting. Called and waited for when the app begins to close, while everything is still there, and
   * again after its last event.
   */
  close?(): void | Promise<void>;
}

const WRITERS = { debug: 'debug', info: 'log', warning: 'warn', alert: 'error' } as const satisfies Record<
  SecurityEventLevel,
  keyof Logger
>;

/** Writes each event as one line of JSON: `{"time":"2026-01-01T00:00:00.000Z","kind":"access_refused",…}`. */
export class LoggerSink implements SecuritySink {
  readonly #logger = new Logger('Security');

  write(event: SecurityEvent): void {
    this.#logger[WRITERS[event.level]](eventLine(event));
  }
}

/** The line of an event. Also for sinks of the app's own, which get redaction and CR/LF safety with it. */
export function eventLine({ timeMs, kind, ...rest }: SecurityEvent): string {
  return redactedJson({ time: new Date(timeMs).toISOString(), kind, ...rest });
}
