/** Boots an app that sends webhooks, with waits that pass when the test says so. */

import type { ModuleMetadata } from '@nestjs/common';
import { WebhookSender, type SecurityEvent, type SecurityOptions } from '../../lib/index.js';
import { bootApp, type Platform, type TestApp } from '../app.js';
import { SteppedPacing } from './stepped-pacing.js';

export const SECRET = 'webhook-secret-of-more-than-32-bytes';
export const SIGN = { key: SECRET, keyId: 'shop' } as const;

export interface SendingApp extends TestApp {
  readonly webhooks: WebhookSender;
  readonly pacing: SteppedPacing;
  /** What was told of webhooks, without the time and the id of the delivery. */
  told(): readonly Readonly<Record<string, unknown>>[];
}

export interface SendingInit extends Pick<ModuleMetadata, 'controllers'> {
  readonly platform?: Platform;
  readonly security?: SecurityOptions;
}

export async function bootSender(
  outbound: NonNullable<SecurityOptions['outbound']>,
  { security, ...init }: SendingInit = {},
): Promise<SendingApp> {
  const pacing = new SteppedPacing();
  const clock = pacing.clock;
  const t = await bootApp({ ...init, security: { clock, outbound: { pacing, ...outbound }, ...security } });
  return { ...t, clock, pacing, webhooks: t.app.get(WebhookSender), told: () => t.events.flatMap(webhookEvent) };
}

function webhookEvent(event: SecurityEvent): readonly Readonly<Record<string, unknown>>[] {
  if (event.kind !== 'webhook_failed' && event.kind !== 'webhook_delivered') return [];
  const { timeMs: _time, deliveryId: _id, subject: _subject, ...rest } = event;
  return [rest];
}
