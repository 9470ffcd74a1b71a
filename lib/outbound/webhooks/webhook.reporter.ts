/** Tells what became of a webhook: which endpoint, which try, which cause. Never the payload, the URL or a secret. */

import type { Clock } from '../../core/clock.js';
import type { SecurityEvents } from '../../core/events.js';
import type { JudgedTry } from './webhook-verdict.js';

export interface ReportedDelivery {
  readonly id: string;
  /** The name of the endpoint, or the host of a URL. */
  readonly endpoint: string;
}

export class WebhookReporter {
  constructor(
    private readonly events: SecurityEvents,
    private readonly clock: Clock,
  ) {}

  /** @param final True: nobody tries again. */
  report({ id, endpoint }: ReportedDelivery, attempt: number, result: JudgedTry, final: boolean): void {
    const { delivered, status, reason = 'internal', detail } = result;
    const base = { timeMs: this.clock.now(), subject: {}, endpoint, deliveryId: id, attempt };
    if (!delivered) {
      const level = final ? 'warning' : 'info';
      const known = { ...(status !== undefined && { status }), ...(detail !== undefined && { detail }) };
      this.events.emit({ kind: 'webhook_failed', level, ...base, ...known, reason, final });
    } else if (this.events.wants('debug')) {
      this.events.emit({ kind: 'webhook_delivered', level: 'debug', ...base, status: status ?? 200 });
    }
  }
}
