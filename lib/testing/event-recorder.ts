/** What did the app report while a test ran? Every security event, in the order in which they came. */

import type { INestApplicationContext } from '@nestjs/common';
import { checkOneOf } from '../core/checks.js';
import { EVENT_LEVELS, SecurityEvents, type SecurityEvent, type SecurityEventLevel } from '../core/events.js';

type Kind = SecurityEvent['kind'];

export interface EventRecorder {
  /** Oldest first. */
  readonly events: readonly SecurityEvent[];
  /** Those of one kind. */
  of<K extends Kind>(kind: K): readonly Extract<SecurityEvent, { readonly kind: K }>[];
  /** Forgets what came so far. */
  clear(): void;
  /** Listens no more. What came stays. */
  stop(): void;
}

/**
 * Listens to the security events of one app.
 *
 * @param level The lowest that is recorded. Default `debug`: all of them, the normal yes included.
 * @throws TypeError for an unknown level, and for an app without `SecurityModule`.
 * @example
 * const recorder = recordEvents(app);
 * await request(app.getHttpServer()).get('/orders');
 * expect(recorder.of('access_refused')).toHaveLength(1);
 */
export function recordEvents(app: INestApplicationContext, level: SecurityEventLevel = 'debug'): EventRecorder {
  checkOneOf('recordEvents.level', level, EVENT_LEVELS);
  const events: SecurityEvent[] = [];
  const stop = eventsOf(app).subscribe(level, (event) => events.push(event));
  return {
    events,
    of: <K extends Kind>(kind: K) =>
      events.filter((event): event is Extract<SecurityEvent, { readonly kind: K }> => event.kind === kind),
    clear: () => void events.splice(0),
    stop,
  };
}

function eventsOf(app: INestApplicationContext): SecurityEvents {
  try {
    return app.get(SecurityEvents, { strict: false });
  } catch (error) {
    const fix = 'Import SecurityModule.forRoot() in its root module.';
    throw new TypeError(`recordEvents: the app has no SecurityModule. ${fix}`, { cause: error });
  }
}
