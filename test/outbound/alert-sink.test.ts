import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  OwnedBy,
  secureApp,
  SecurityEvents,
  SecurityLog,
  Signed,
  type AlertBatch,
  type AlertOptions,
  type SecurityEvent,
  type SecurityOptions,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type Platform } from '../app.js';
import { tokenFor } from '../tokens.js';
import { bootSender, SECRET, SIGN, type SendingApp } from './webhook-app.js';
import { openReceiver, type Receiver, type ReceiverAnswer } from './webhook-receiver.js';

const open: { close(): Promise<void> }[] = [];
const closing = <T extends { close(): Promise<void> }>(opened: T): T => {
  open.push(opened);
  return opened;
};
afterEach(async () => {
  // Receivers first: an app that stops waits for tries that run.
  for (const opened of open.splice(0)) await opened.close();
});

@Controller('users/:userId/orders')
class OrdersController {
  @Get()
  @OwnedBy({ param: 'userId' })
  list() {
    return [];
  }
}

interface Team {
  readonly t: SendingApp;
  readonly team: Receiver;
}

async function bootTeam(
  alerts: Partial<AlertOptions> = {},
  answers: readonly ReceiverAnswer[] = [204],
  more: { platform?: Platform; outbound?: Partial<NonNullable<SecurityOptions['outbound']>> } = {},
): Promise<Team> {
  const team = closing(await openReceiver(...answers));
  const t = await bootSender(
    {
      webhooks: { team: { url: team.url, sign: SIGN, dangerouslyAllowPrivate: [team.host] } },
      alerts: { webhook: 'team', ...alerts },
      ...more.outbound,
    },
    { controllers: [OrdersController], ...(more.platform && { platform: more.platform }) },
  );
  return { t: closing(t), team };
}

const emit = ({ app }: SendingApp, event: SecurityEvent): void => app.get(SecurityEvents).emit(event);
const reuse = (t: SendingApp, id = 'alice'): SecurityEvent => ({
  kind: 'refresh_reuse',
  level: 'alert',
  timeMs: t.clock.now(),
  subject: { principal: { id, scheme: 'refresh' } },
  sessionId: 's1',
});
const kindsOf = ({ alerts }: AlertBatch): string[] => alerts.map(({ kind }) => kind);

describe('alerts', () => {
  it('are gathered, counted, and sent as one message', async () => {
    const { t, team } = await bootTeam();
    emit(t, reuse(t));
    emit(t, reuse(t));
    emit(t, {
      kind: 'credential_stuffing',
      level: 'alert',
      timeMs: START_MS,
      subject: { address: '192.0.2.7' },
      accounts: 12,
    });
    expect(team.received).toHaveLength(0);
    expect(await t.pacing.pass()).toBe(10_000);
    const { body } = await team.nth(1);
    expect(body).toMatchObject({ type: 'security.alert', time: '2026-01-01T00:00:10.000Z' });
    expect(body.data).toMatchObject({ from: '2026-01-01T00:00:00.000Z', suppressed: [], lost: 0 });
    expect(body.data.alerts).toMatchObject([
      { kind: 'refresh_reuse', level: 'alert', count: 2, event: { subject: { principal: { id: 'alice' } } } },
      { kind: 'credential_stuffing', level: 'alert', count: 1, event: { accounts: 12 } },
    ]);
    expect(t.pacing.waiting).toBe(0);
  });

  it('are those of the level and the kinds that were asked for, and no others', async () => {
    const { t, team } = await bootTeam({ level: 'warning', kinds: ['app', 'refresh_reuse'] });
    const log = t.app.get(SecurityLog);
    log.record({ name: 'backup_missing', level: 'warning' });
    log.record({ name: 'backup_done', level: 'info' });
    await t.send('GET /users/bob/orders', { token: 'x' });
    emit(t, reuse(t));
    await t.pacing.pass();
    const { body } = await team.nth(1);
    expect(body.data.alerts.map(({ event }: { event: { name?: string } }) => event.name)).toEqual([
      'backup_missing',
      undefined,
    ]);
  });

  it('come from an app that sets no alerts: never', async () => {
    const { t, team } = await bootTeam({}, [204], { outbound: { alerts: undefined } as object });
    emit(t, reuse(t));
    expect([t.pacing.waiting, team.received.length]).toEqual([0, 0]);
  });

  it('are said in the words of the receiver, where it has its own', async () => {
    const format = ({ alerts }: AlertBatch) => ({
      text: alerts.map(({ kind, count }) => `${count} × ${kind}`).join(', '),
    });
    const { t, team } = await bootTeam({ format });
    emit(t, reuse(t));
    await t.pacing.pass();
    expect((await team.nth(1)).body).toEqual({ text: '1 × refresh_reuse' });
  });

  it('are said in few words of the receiver, where it cannot be said in many', async () => {
    const format = ({ alerts }: AlertBatch) => {
      const text = alerts.map(({ kind, event }) => `${kind}${event.sessionId ? 'x'.repeat(300_000) : ''}`).join();
      return { text };
    };
    const { t, team } = await bootTeam({ format });
    emit(t, reuse(t));
    await t.pacing.pass();
    expect((await team.nth(1)).body).toEqual({ text: 'refresh_reuse' });
  });

  it('of an event that is too long for our words go in the words of the receiver', async () => {
    const { t, team } = await bootTeam({ format: ({ alerts }) => ({ text: `${alerts.length} alerts` }) });
    const detail = Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`k${n}`, 'y'.repeat(500)]));
    t.app.get(SecurityLog).record({ name: 'long', level: 'alert', detail });
    await t.pacing.pass();
    expect((await team.nth(1)).body).toEqual({ text: '1 alerts' });
  });

  it('are said in few words where a format fails, or has too much to say', async () => {
    const broken = () => {
      throw new Error('oops');
    };
    for (const format of [
      broken,
      () => Promise.reject(new Error('oops')),
      () => undefined,
      () => 'x'.repeat(300_000),
    ]) {
      const { t, team } = await bootTeam({ format });
      emit(t, reuse(t));
      await t.pacing.pass();
      const { body } = await team.nth(1);
      expect(body.type).toBe('security.alert');
      expect(body.data.alerts).toMatchObject([{ kind: 'refresh_reuse', count: 1, event: {} }]);
    }
  });

  it('of an app that nobody can write down are counted, and break nothing', async () => {
    const { t, team } = await bootTeam();
    const detail: Record<string, unknown> = {};
    detail.self = detail;
    t.app.get(SecurityLog).record({ name: 'odd', level: 'alert', detail: detail as Record<string, string> });
    await t.pacing.pass();
    await new Promise(setImmediate);
    emit(t, reuse(t));
    await t.pacing.pass();
    expect((await team.nth(1)).body.data).toMatchObject({ alerts: [{ kind: 'refresh_reuse' }], lost: 1 });
  });

  it('that do not arrive are told as lost by the next message, and make no alert of their own', async () => {
    const answers: ReceiverAnswer[] = [500, 410, 204, 204];
    const { t, team } = await bootTeam({ level: 'info' }, answers, {
      outbound: { webhookDelivery: { scheduleMs: [1_000] } },
    });
    emit(t, reuse(t));
    emit(t, reuse(t));
    await t.pacing.pass();
    await team.nth(1);
    expect(await t.pacing.pass()).toBe(1_000);
    await team.nth(2);
    // Nothing else is in the air: the failures of the alert itself are in the log only.
    while (t.told().length < 2) await new Promise(setImmediate);
    expect(t.told()).toMatchObject([{ final: false }, { final: true, reason: 'gone' }]);
    expect(t.pacing.waiting).toBe(0);
    emit(t, reuse(t, 'bob'));
    await t.pacing.pass();
    const { body } = await team.nth(3);
    expect(kindsOf(body.data as AlertBatch)).toEqual(['refresh_reuse']);
    expect(body.data.lost).toBe(2);
    emit(t, reuse(t, 'carol'));
    await t.pacing.pass();
    expect((await team.nth(4)).body.data.lost).toBe(0);
  });

  it('tell of other webhooks that fail', async () => {
    const { t, team } = await bootTeam({ level: 'warning' });
    const { outcome } = await t.webhooks.sendTo('https://10.0.0.1/', { type: 'x', data: 1 }, { sign: SIGN });
    await outcome;
    await t.pacing.pass();
    expect(kindsOf((await team.nth(1)).body.data as AlertBatch)).toEqual(['webhook_failed']);
  });

  it('are not kept waiting by webhooks of the app that pile up', async () => {
    const { t, team } = await bootTeam({}, [204], { outbound: { webhookDelivery: { maxPending: 1 } } });
    const stuck = closing(await openReceiver(() => undefined));
    const to = { sign: SIGN, endpoint: 'stuck' };
    await t.webhooks.sendTo(stuck.url, { type: 'x', data: 1 }, to);
    await expect(t.webhooks.sendTo(stuck.url, { type: 'x', data: 2 }, to)).rejects.toMatchObject({
      code: 'unavailable',
    });
    emit(t, reuse(t));
    await t.pacing.pass();
    expect(kindsOf((await team.nth(1)).body.data as AlertBatch)).toEqual(['refresh_reuse']);
  });

  it('that are under way when the app stops are awaited, and tried once more', async () => {
    const answers: ReceiverAnswer[] = [
      500,
      (response) => void setTimeout(() => response.writeHead(503).end(), 50),
      204,
    ];
    const { t, team } = await bootTeam({}, answers);
    emit(t, reuse(t, 'waits'));
    await t.pacing.pass();
    await team.nth(1);
    while (t.told().length === 0) await new Promise(setImmediate);
    emit(t, reuse(t, 'runs'));
    // The batch of the second; the first waits for longer than that.
    await t.pacing.pass();
    if (team.received.length < 2) await t.pacing.pass();
    await team.nth(2);
    emit(t, reuse(t, 'gathered'));
    await t.close();
    const arrived = team.received.slice(2).map(({ text }) => /waits|runs|gathered/.exec(text)![0]);
    expect(arrived.sort()).toEqual(['gathered', 'runs', 'waits']);
    expect(t.told().filter(({ kind }) => kind === 'webhook_delivered')).toHaveLength(3);
  });

  it('that could not be sent before the app stops are counted in its last message', async () => {
    const { t, team } = await bootTeam({}, [500, 410, 204]);
    emit(t, reuse(t, 'a'));
    emit(t, reuse(t, 'a'));
    await t.pacing.pass();
    await team.nth(1);
    emit(t, reuse(t, 'b'));
    await t.close();
    expect((await team.nth(3)).body.data).toMatchObject({ lost: 2, alerts: [{ event: { sessionId: 's1' } }] });
  });

  it('keep an app that stops for seconds at most, whatever the receiver does', async () => {
    const { t, team } = await bootTeam({}, [() => undefined]);
    emit(t, reuse(t, 'a'));
    await t.pacing.pass();
    await team.nth(1);
    emit(t, reuse(t, 'b'));
    const startedMs = performance.now();
    await t.close();
    expect(performance.now() - startedMs).toBeLessThan(6_000);
    expect(t.told().at(-1)).toMatchObject({ kind: 'webhook_failed', final: true });
  });

  it('that are gathered when the app stops are sent before it does', async () => {
    const { t, team } = await bootTeam();
    emit(t, reuse(t));
    await t.close();
    expect(kindsOf((await team.nth(1)).body.data as AlertBatch)).toEqual(['refresh_reuse']);
    expect(t.told()).toMatchObject([{ kind: 'webhook_delivered', endpoint: 'team' }]);
    emit(t, reuse(t));
    expect(t.pacing.waiting).toBe(0);
  });
});

/** The team's side may be an app of ours, too. */
@Controller()
class TeamController {
  @Post('alerts')
  @HttpCode(204)
  @Signed({ profile: 'rfc9421', keys: ['shop'] })
  receive(): void {}
}

describe.each(PLATFORMS)('one caller who tries out objects of others on %s', (platform) => {
  it('is an alert, once, and the team is told', async () => {
    const { t, team } = await bootTeam({ repeated: { count: 5, perMs: 60_000 } }, [204], { platform });
    const [mallory, alice] = await Promise.all([tokenFor('mallory'), tokenFor('alice')]);
    for (let n = 0; n < 12; n++) {
      expect((await t.send(`GET /users/user-${n}/orders`, { token: mallory })).status).toBe(404);
      t.clock.advance(100);
    }
    // One page that polls what is gone is nobody who tries things out.
    for (let n = 0; n < 12; n++) {
      expect((await t.send('GET /users/bob/orders', { token: alice })).status).toBe(404);
    }
    const raised = t.events.filter(({ kind }) => kind === 'repeated_refusal');
    expect(raised).toMatchObject([
      {
        level: 'alert',
        refusedBy: 'ownership',
        count: 5,
        perMs: 60_000,
        subject: { principal: { id: 'mallory', scheme: 'jwt' }, route: 'OrdersController.list' },
      },
    ]);
    await t.pacing.pass();
    const { body } = await team.nth(1);
    expect(body.data.alerts).toMatchObject([{ kind: 'repeated_refusal', count: 1 }]);
  });

  it('is told where nobody is sent alerts, too', async () => {
    const t = closing(await bootApp({ platform, controllers: [OrdersController] }));
    const token = await tokenFor('mallory');
    for (let n = 0; n < 10; n++) await t.send(`GET /users/user-${n}/orders`, { token });
    expect(t.events.filter(({ kind }) => kind === 'repeated_refusal')).toMatchObject([
      { level: 'alert', refusedBy: 'ownership', count: 10, perMs: 600_000 },
    ]);
  });

  it('reaches a team whose app takes signed requests only', async () => {
    const { t: first } = await bootTeam();
    const app = closing(
      await bootApp({
        platform,
        controllers: [TeamController],
        prepare: secureApp,
        security: { clock: first.clock, signatures: { keys: [{ id: 'shop', secret: SECRET }] } },
      }),
    );
    const url = `${app.url}/alerts`;
    const webhooks = { team: { url, sign: SIGN, dangerouslyAllowPrivate: [new URL(url).host] } };
    const t = closing(await bootSender({ pacing: first.pacing, webhooks, alerts: { webhook: 'team' } }));
    emit(t, reuse(t));
    await first.pacing.pass();
    while (t.told().length === 0) await new Promise(setImmediate);
    expect(t.told()).toMatchObject([{ kind: 'webhook_delivered', endpoint: 'team', status: 204 }]);
  });

  it('is no alert where that is switched off', async () => {
    const { t } = await bootTeam({ repeated: false }, [204], { platform });
    const token = await tokenFor('mallory');
    for (let n = 0; n < 12; n++) await t.send(`GET /users/user-${n}/orders`, { token });
    expect(t.events.filter(({ kind }) => kind === 'repeated_refusal')).toEqual([]);
    expect(t.pacing.waiting).toBe(0);
  });
});
