/** What became of a request to somebody else: of a webhook, and of a call of a service that the app needs. */

import type { SecurityErrorCode } from './errors.js';
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
  /** The exact cause, with host and address at most. Where there is more to say than the reason. */
  readonly detail?: string;
  /** True: nobody tries again. */
  readonly final: boolean;
}

/** Another service that the app needs did not answer, or not as agreed. */
export interface UpstreamFailed extends EventBase {
  readonly kind: 'upstream_failed';
  /** The upstream's name in the options; for a URL, its host. */
  readonly upstream: string;
  /** `bad_gateway` or `gateway_timeout`. */
  readonly code: SecurityErrorCode;
  /** What went wrong. Never the path, the query, a credential or a word of the answer. */
  readonly reason: string;
  /** How many tries were made. 0: none, because it failed too often before. */
  readonly attempts: number;
  /** Where the upstream has a breaker: whether it lets further calls through. */
  readonly breaker?: 'closed' | 'open' | 'half_open';
}
