/** What became of a webhook, and what an alert is raised for: the events of whoever tells others. */

import type { EventBase } from './event-base.js';

/** The receiver took a webhook. */
export interface WebhookDelivered extends EventBase {
  readonly kind: 'webhook_delivered';
  /** The name of the endpoint; of a URL that is not configured, its host. Never more of it: a URL may hold a secret. */
  readonly endpoint: string;
  readonly deliveryId: string;
  /** The try that went through, counted from 1. */
  readonly attempt: number;
  readonly status: number;
}

/** A webhook did not arrive this time, or will not arrive any more. */
export interface WebhookFailed extends EventBase {
  readonly kind: 'webhook_failed';
  /** As for `webhook_delivered`. */
  readonly endpoint: string;
  readonly deliveryId: string;
  /** Counted from 1. 0: it was never tried. */
  readonly attempt: number;
  /** Where there was an answer. */
  readonly status?: number;
  /** `status`, `gone`, `redirect`, `timeout`, `address_refused`, `queue_full`, `shutdown`, … */
  readonly reason: string;
  /** True: nobody tries again. */
  readonly final: boolean;
}

/** A caller was refused what is not theirs again and again: somebody tries out ids (API1:2023). */
export interface RepeatedRefusal extends EventBase {
  readonly kind: 'repeated_refusal';
  /** The stage that said no. */
  readonly refusedBy: string;
  /** How often, within `perMs` milliseconds. */
  readonly count: number;
  readonly perMs: number;
}
