/** Which events are written, and where to. */

import { checkBoolean, checkKeys, checkOneOf, optionError } from '../core/checks.js';
import { EVENT_LEVELS, type SecurityEventLevel } from '../core/events.js';
import { LoggerSink, type SecuritySink } from './security-sink.js';

export interface AuditOptions {
  /**
   * The lowest level that is written. Default `info`: refusals and everything unusual. `debug` adds a line for every
   * allowed call.
   */
  level?: SecurityEventLevel;
  /** Where events go. Default: one JSON line each through Nest's logger. An empty list writes nothing. */
  sinks?: readonly SecuritySink[];
  /**
   * Metrics through `@opentelemetry/api`. Default: where it is installed and a meter provider is registered when the app
   * starts. `true` stops the boot where that is not so, `false` measures nothing.
   */
  metrics?: boolean;
}

export interface AuditSettings {
  readonly level: SecurityEventLevel;
  readonly sinks: readonly SecuritySink[];
  /** Undefined: where somebody collects them. */
  readonly metrics: boolean | undefined;
}

export const AUDIT_SETTINGS = Symbol('bulwark:audit');

/** @throws TypeError naming option, value and fix. */
export function auditSettings(options: AuditOptions = {}): AuditSettings {
  checkKeys('security.audit', options, ['level', 'sinks', 'metrics']);
  const sinks = options.sinks ?? [new LoggerSink()];
  if (!Array.isArray(sinks))
    throw optionError('security.audit.sinks', sinks, 'is not a list', 'Use [new LoggerSink()].');
  sinks.forEach((sink: Partial<SecuritySink> | null, index) => {
    if (typeof sink?.write !== 'function') {
      throw optionError(`security.audit.sinks[${index}]`, sink, 'has no write()', 'A sink is { write(event) { … } }.');
    }
    if (sink.level !== undefined) checkOneOf(`security.audit.sinks[${index}].level`, sink.level, EVENT_LEVELS);
  });
  return Object.freeze({
    level: checkOneOf('security.audit.level', options.level ?? 'info', EVENT_LEVELS),
    sinks: Object.freeze([...sinks]),
    metrics: options.metrics === undefined ? undefined : checkBoolean('security.audit.metrics', options.metrics),
  });
}
