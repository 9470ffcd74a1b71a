/** An attacker who makes alerts by the thousand: to drown the team, or to hide the one that matters. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecurityEvents, type AlertBatch, type AlertOptions, type SecurityEvent } from '../../lib/index.js';
import { bootSender, SIGN, type SendingApp } from '../outbound/webhook-app.js';
import { openReceiver, type Receiver, type ReceiverAnswer } from '../outbound/webhook-receiver.js';

let t: SendingApp;
let team: Receiver;
const boot = async (alerts: Partial<AlertOptions> = {}, ...answers: readonly ReceiverAnswer[]): Promise<void> => {
  team = await openReceiver(...answers, 204);
  t = await bootSender({
    webhooks: { team: { url: team.url, sign: SIGN, dangerouslyAllowPrivate: [team.host] } },
    webhookDelivery: { scheduleMs: [600_000] },
    alerts: { webhook: 'team', ...alerts },
  });
};
afterEach(async () => {
  await t.close();
  await team.close();
});

const emit = (event: SecurityEvent): void => t.app.get(SecurityEvents).emit(event);
const stuffing = (address: string): SecurityEvent => ({
  kind: 'credential_stuffing',
  level: 'alert',
  timeMs: t.clock.now(),
  subject: { address },
  accounts: 10,
});
const reuse = (id: string): SecurityEvent => ({
  kind: 'refresh_reuse',
  level: 'alert',
  timeMs: t.clock.now(),
  subject: { principal: { id, scheme: 'refresh' } },
  sessionId: `s-${id}`,
});
const dataOf = async (count: number): Promise<AlertBatch> => (await team.nth(count)).body.data as AlertBatch;

describe('a flood of alerts', () => {
  beforeEach(() => boot());

  it('from one attacker is one alert with a count', async () => {
    for (let n = 0; n < 5_000; n++) emit(reuse('mallory'));
    await t.pacing.pass();
    const { alerts, suppressed } = await dataOf(1);
    expect(alerts).toMatchObject([{ kind: 'refresh_reuse', count: 5_000 }]);
    expect(suppressed).toEqual([]);
  });

  it('from thousands of addresses is a short message that says how many more there were', async () => {
    for (let n = 0; n < 5_000; n++) emit(stuffing(`192.0.${n >> 8}.${n & 255}`));
    await t.pacing.pass();
    const { alerts, suppressed } = await dataOf(1);
    expect(alerts).toHaveLength(5);
    expect(suppressed).toEqual([{ kind: 'credential_stuffing', count: 4_995 }]);
    expect(team.received[0]!.text.length).toBeLessThan(4_000);
  });

  it('of one kind does not hide an alert of another', async () => {
    for (let n = 0; n < 5_000; n++) emit(stuffing(`192.0.${n >> 8}.${n & 255}`));
    emit(reuse('alice'));
    for (let n = 0; n < 5_000; n++) emit(stuffing(`198.51.${n >> 8}.${n & 255}`));
    await t.pacing.pass();
    const { alerts } = await dataOf(1);
    const found = alerts.find(({ kind }) => kind === 'refresh_reuse');
    expect(found).toMatchObject({ count: 1, event: { sessionId: 's-alice' } });
  });
});

describe('a flood that lasts', () => {
  /** Lets the next wait pass. What is sent then, has arrived. */
  const step = async (): Promise<void> => {
    const told = t.told().length;
    await t.pacing.pass();
    await new Promise(setImmediate);
    // Nobody waits: it was this message's turn.
    while (t.pacing.waiting === 0 && t.told().length === told) await new Promise(setImmediate);
  };

  it('makes so many messages an hour, and an alert of another kind still comes within minutes', async () => {
    await boot({ maxPerHour: 12, batchMs: 1_000 });
    const startMs = t.clock.now();
    // More events all the time: as soon as one message is out, the next is wanted.
    while (t.clock.now() - startMs < 2_400_000) {
      emit(stuffing('192.0.2.1'));
      await step();
    }
    expect(team.received.length).toBeGreaterThan(3);
    expect(team.received.length).toBeLessThanOrEqual(12);
    const before = t.clock.now();
    emit(reuse('alice'));
    while (!team.received.some(({ text }) => text.includes('s-alice'))) {
      emit(stuffing('192.0.2.1'));
      await step();
    }
    expect(t.clock.now() - before).toBeLessThanOrEqual(720_000);
  });

  it('while the receiver is down waits in bounded memory, and what is lost is counted', async () => {
    await boot({ maxPerHour: 3_600, batchMs: 1_000 }, () => undefined);
    for (let n = 0; n < 30; n++) {
      emit(stuffing('192.0.2.1'));
      await t.pacing.pass();
    }
    await team.nth(1);
    const refused = t.told().filter(({ reason }) => reason === 'queue_full');
    expect(refused).toHaveLength(10);
    expect(t.app.get(SecurityEvents).wants('alert')).toBe(true);
  });
});
