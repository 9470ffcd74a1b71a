/** Who is told what happened? Connects the sinks, and lets the app add events of its own. */

import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../core/clock.js';
import { SecurityEvents, type SecurityEvent, type SecurityEventLevel } from '../core/events.js';
import type { Principal } from '../core/principal.js';
import { isThenable } from '../core/thenable.js';
import { AUDIT_SETTINGS, type AuditSettings } from './audit.options.js';
import type { SecuritySink } from './security-sink.js';

/** An event of the app's own. Say what happened, never with what secret. */
export interface AppEventInit {
  /** `login_failed`, `password_changed` */
  readonly name: string;
  /** Default `info`. */
  readonly level?: SecurityEventLevel;
  readonly principal?: Principal;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Writes security events (ASVS 16.3).
 *
 * @example
 * this.log.record({ name: 'password_changed', principal });
 */
@Injectable()
export class SecurityLog implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Logger('Bulwark');
  readonly #unsubscribe: readonly (() => void)[];

  constructor(
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AUDIT_SETTINGS) private readonly settings: AuditSettings,
  ) {
    this.#unsubscribe = settings.sinks.map((sink) =>
      this.events.subscribe(sink.level ?? settings.level, (event) => this.#write(sink, event)),
    );
  }

  record({ name, level = 'info', principal, detail }: AppEventInit): void {
    this.events.emit({
      kind: 'app',
      name,
      level,
      timeMs: this.clock.now(),
      subject: principal ? { principal: { id: principal.id, scheme: principal.scheme } } : {},
      ...(detail && { detail }),
    });
  }

  /** While the connections of the app are still open: other modules may end them before the last hook comes to us. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#closeAll();
  }

  /** What came of the requests that were still running. */
  onApplicationShutdown(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    return this.#closeAll();
  }

  async #closeAll(): Promise<void> {
    await Promise.all(this.settings.sinks.map((sink) => this.#close(sink)));
  }

  async #close(sink: SecuritySink): Promise<void> {
    try {
      await sink.close?.();
    } catch (error) {
      this.#logger.error('A sink failed to close', error instanceof Error ? error.stack : undefined);
    }
  }

  #write(sink: SecuritySink, event: SecurityEvent): void {
    const pending: unknown = sink.write(event);
    if (!isThenable(pending)) return;
    Promise.resolve(pending).catch((error: unknown) => {
      this.#logger.error(`A sink failed on ${event.kind}`, error instanceof Error ? error.stack : undefined);
    });
  }
}
