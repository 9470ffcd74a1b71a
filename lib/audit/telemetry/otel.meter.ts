/** What do the measurements look like to OpenTelemetry? Names, units and labels, in one place. */

import type { Attributes, Meter as OtelMeter, ObservableGauge, ObservableResult } from '@opentelemetry/api';
import type { SecurityEvent } from '../../core/events.js';
import type { Meter } from '../../core/measurements.js';

/** In seconds: a remembered token costs microseconds and is not here, an RSA signature some fifty, a far key set many. */
const DURATIONS = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1];
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

export class OpenTelemetryMeter implements Meter {
  readonly #decisions;
  readonly #failures;
  readonly #limiterDecisions;
  readonly #limiterUse;
  readonly #verifyDuration;
  readonly #cacheHits;
  readonly #cacheMisses;
  readonly #deprecatedCalls;
  readonly #bypassed;
  readonly #outage: ObservableGauge;
  /** Store → is it out of reach now? Known once it was. */
  readonly #stores = new Map<string, boolean>();
  readonly #observeOutage = (result: ObservableResult): void => {
    for (const [store, isOut] of this.#stores) result.observe(isOut ? 1 : 0, { store });
  };
  /** One frozen object per set of labels: they are handed over on every call. */
  readonly #labels = new Map<string, Attributes>();

  constructor(meter: OtelMeter) {
    const counter = (name: string, unit: string, description: string) =>
      meter.createCounter(name, { unit, description });
    this.#decisions = counter('bulwark.decisions', '{decision}', 'What the stages decided, by stage and outcome.');
    this.#failures = counter('bulwark.failures', '{failure}', 'Requests that ended in a crash: a 500.');
    this.#limiterDecisions = counter('bulwark.limiter.decisions', '{decision}', 'What buckets said, by name.');
    this.#limiterUse = meter.createHistogram('bulwark.limiter.utilization', {
      unit: '1',
      description: 'How much of a bucket was gone after a call, from 0 to 1.',
      advice: { explicitBucketBoundaries: SHARES },
    });
    this.#verifyDuration = meter.createHistogram('bulwark.verify.duration', {
      unit: 's',
      description: 'How long it took to verify a credential that was not remembered.',
      advice: { explicitBucketBoundaries: DURATIONS },
    });
    this.#cacheHits = counter('bulwark.cache.hits', '{lookup}', 'Credentials that were remembered.');
    this.#cacheMisses = counter('bulwark.cache.misses', '{lookup}', 'Credentials that were not.');
    this.#deprecatedCalls = counter('bulwark.deprecated.calls', '{call}', 'Calls of deprecated routes.');
    this.#bypassed = counter('bulwark.store.bypassed', '{call}', 'Calls let pass because a store was out of reach.');
    this.#outage = meter.createObservableGauge('bulwark.store.outage', {
      unit: '1',
      description: '1 while a store is out of reach and its outage policy holds, else 0.',
    });
    this.#outage.addCallback(this.#observeOutage);
  }

  passed(stage: string): void {
    this.#decisions.add(1, this.#of('stage', stage, 'allowed'));
  }

  bucket(bucket: string, used: number, allowed: boolean): void {
    const labels = this.#of('bucket', bucket, allowed ? 'allowed' : 'refused');
    this.#limiterDecisions.add(1, labels);
    this.#limiterUse.record(used, labels);
  }

  verified(scheme: string, ms: number): void {
    this.#verifyDuration.record(ms / 1000, this.#of('scheme', scheme));
  }

  cache(cache: string, hit: boolean): void {
    (hit ? this.#cacheHits : this.#cacheMisses).add(1, this.#of('cache', cache));
  }

  deprecated(route: string, isGone: boolean): void {
    this.#deprecatedCalls.add(1, this.#of('route', route, isGone ? 'gone' : 'served'));
  }

  /** Counts what events tell: refusals are events whether anybody measures or not. */
  count(event: SecurityEvent): void {
    switch (event.kind) {
      case 'server_failed':
        return this.#failures.add(1);
      case 'store_outage':
        return void this.#stores.set(event.store, true);
      case 'store_recovered':
        return void this.#stores.set(event.store, false);
      case 'store_bypassed':
        return this.#bypassed.add(1, { store: event.store, what: event.what });
      default:
        if ('stage' in event) this.#decisions.add(1, this.#refusal(event.stage, event.code));
    }
  }

  /** Nothing is observed any more. */
  close(): void {
    this.#outage.removeCallback(this.#observeOutage);
  }

  #of(label: string, value: string, outcome?: string): Attributes {
    const key = `${label} ${outcome} ${value}`;
    return this.#kept(key, () => ({ [label]: value, ...(outcome !== undefined && { outcome }) }));
  }

  #refusal(stage: string, code: string): Attributes {
    return this.#kept(`refusal ${code} ${stage}`, () => ({ stage, outcome: 'refused', code }));
  }

  #kept(key: string, make: () => Attributes): Attributes {
    let labels = this.#labels.get(key);
    if (labels === undefined) this.#labels.set(key, (labels = Object.freeze(make())));
    return labels;
  }
}
