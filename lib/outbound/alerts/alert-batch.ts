/** What happened since the last message? Equal events are one alert with a count; no kind hides another. */

import type { SecurityEvent, SecurityEventLevel } from '../../core/events.js';
import { redactedJson } from '../../core/redact.js';

/** Equal events: of one kind, of one caller, address or service. */
export interface Alert {
  readonly kind: SecurityEvent['kind'];
  readonly level: SecurityEventLevel;
  readonly count: number;
  /** ISO 8601, of the first and the last of them. */
  readonly first: string;
  readonly last: string;
  /** The first of them, redacted as in the log. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** Events of one kind that were too many to be told one by one. They are in the log. */
export interface SuppressedAlerts {
  readonly kind: SecurityEvent['kind'];
  readonly count: number;
}

export interface AlertBatch {
  readonly from: string;
  readonly until: string;
  readonly alerts: readonly Alert[];
  readonly suppressed: readonly SuppressedAlerts[];
  /** Events of earlier messages that never arrived. */
  readonly lost: number;
}

interface Group {
  readonly event: SecurityEvent;
  count: number;
  lastMs: number;
}

/** Of one kind, so many are told one by one: somebody who makes many of one sort leaves room for all others. */
const PER_SORT = 5;
/** Sorts: kinds, and within them stages and the names of the app's own events. There are far fewer in any app. */
const MOST_SORTS = 60;

/** Gathers events. Bounded, however many there are. */
export class AlertGathering {
  readonly #sorts = new Map<string, Map<string, Group>>();
  readonly #suppressed = new Map<SecurityEvent['kind'], number>();
  #total = 0;
  #firstMs = 0;
  #lastMs = 0;

  /** How many events it holds, told one by one or not. */
  get total(): number {
    return this.#total;
  }

  add(event: SecurityEvent): void {
    if (this.#total === 0) this.#firstMs = event.timeMs;
    this.#lastMs = event.timeMs;
    this.#total++;
    const group = this.#groupFor(event);
    if (group === undefined) {
      this.#suppressed.set(event.kind, (this.#suppressed.get(event.kind) ?? 0) + 1);
    } else {
      group.count++;
      group.lastMs = event.timeMs;
    }
  }

  /** @param lost Events of earlier messages that never arrived. */
  batch(lost: number): AlertBatch {
    return {
      from: isoTime(this.#firstMs),
      until: isoTime(this.#lastMs),
      alerts: [...this.#sorts.values()].flatMap((groups) => [...groups.values()].map(alertOf)),
      suppressed: [...this.#suppressed].map(([kind, count]) => ({ kind, count })),
      lost,
    };
  }

  #groupFor(event: SecurityEvent): Group | undefined {
    const sort = sortOf(event);
    let groups = this.#sorts.get(sort);
    if (groups === undefined) {
      if (this.#sorts.size >= MOST_SORTS) return undefined;
      this.#sorts.set(sort, (groups = new Map<string, Group>()));
    }
    const who = whoIn(event);
    let group = groups.get(who);
    if (group === undefined && groups.size < PER_SORT) {
      groups.set(who, (group = { event, count: 0, lastMs: event.timeMs }));
    }
    return group;
  }
}

function sortOf(event: SecurityEvent): string {
  if (event.kind === 'app') return `app ${event.name}`;
  return 'stage' in event ? `${event.kind} ${event.stage}` : event.kind;
}

/** Whose doing it is. Services are told apart here and not as sorts: clients may name as many hosts as they like. */
function whoIn(event: SecurityEvent): string {
  const { principal, address } = event.subject;
  if (principal !== undefined || address !== undefined) return principal?.id ?? address ?? '';
  if (event.kind === 'upstream_failed') return event.upstream;
  return 'endpoint' in event ? event.endpoint : '';
}

function alertOf({ event, count, lastMs }: Group): Alert {
  const { timeMs, ...rest } = event;
  return {
    kind: event.kind,
    level: event.level,
    count,
    first: isoTime(timeMs),
    last: isoTime(lastMs),
    event: JSON.parse(redactedJson({ time: isoTime(timeMs), ...rest })) as Record<string, unknown>,
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
