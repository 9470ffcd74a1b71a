/** Is anybody measuring? Connects the measurements of this app to OpenTelemetry, where that is there and collects. */

import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SecurityEvents } from '../../core/events.js';
import { Measurements } from '../../core/measurements.js';
import { AUDIT_SETTINGS, type AuditSettings } from '../audit.options.js';
import { isCollected, loadOpenTelemetry } from './open-telemetry.js';
import { OpenTelemetryMeter } from './otel.meter.js';

/** The instrumentation scope: what the metrics are filed under. */
const SCOPE = 'nestjs-bulwark';

@Injectable()
export class Telemetry implements OnModuleInit, OnApplicationShutdown {
  #stop: (() => void) | undefined;

  constructor(
    @Inject(AUDIT_SETTINGS) private readonly settings: AuditSettings,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(Measurements) private readonly measurements: Measurements,
  ) {}

  /** @throws TypeError where metrics were asked for and nobody could ever see them. */
  async onModuleInit(): Promise<void> {
    const { metrics } = this.settings;
    if (metrics === false) return;
    const api = await loadOpenTelemetry();
    if (api === undefined || !isCollected(api, SCOPE)) {
      if (metrics === true) throw nobodyCollects(api === undefined);
      return;
    }
    const meter = new OpenTelemetryMeter(api.metrics.getMeter(SCOPE));
    // Not from `debug` on: no event is made of an allowed call for the metrics alone.
    const unsubscribe = this.events.subscribe('info', (event) => meter.count(event));
    this.measurements.meter = meter;
    this.#stop = () => {
      this.measurements.meter = undefined;
      unsubscribe();
      meter.close();
    };
  }

  onApplicationShutdown(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}

function nobodyCollects(isMissing: boolean): TypeError {
  return new TypeError(
    isMissing
      ? 'security.audit.metrics: true, and @opentelemetry/api is not installed. npm install @opentelemetry/api'
      : 'security.audit.metrics: true, and no meter provider is registered. Start the SDK of OpenTelemetry before the app.',
  );
}
