import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { metrics } from '@opentelemetry/api';
import {
  InMemoryMetricExporter,
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Measurements } from '../../lib/core/measurements.js';
import {
  ApiKeyService,
  Authenticate,
  Call,
  Deprecated,
  perMinute,
  Public,
  RateLimit,
  Returns,
  Roles,
  secureApp,
  SecurityEvents,
  SecurityModule,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, send, START_MS, TEST_SECRET, type TestApp, type TestAppInit } from '../app.js';
import { tokenFor } from '../tokens.js';

@Controller()
class MeasuredController {
  @Get('plain')
  @Public('tests')
  @Returns(String)
  plain() {
    return '';
  }
  @Get('open')
  @Public('tests')
  @Deprecated({ since: '2025-01-01' })
  @Returns(String)
  open() {
    return '';
  }
  @Get('admin')
  @Roles('admin')
  @Returns(String)
  admin() {
    return '';
  }
  @Get('limited')
  @RateLimit(perMinute(2))
  @Returns(String)
  limited() {
    return '';
  }
  @Get('key')
  @Authenticate('api-key')
  @Returns(String)
  key() {
    return '';
  }
  @Get('broken')
  @Returns(String)
  broken() {
    throw new Error('broken');
  }
}

interface Point {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

/** A real SDK, registered as an app does before it starts Nest. */
class Collector {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 3_600_000 });
  readonly provider = new MeterProvider({ readers: [this.#reader] });

  async points(name: string): Promise<Point[]> {
    this.#exporter.reset();
    await this.#reader.forceFlush();
    return this.#exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .filter(({ scope }) => scope.name === 'nestjs-bulwark')
      .flatMap((scope) => scope.metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints as Point[]);
  }

  /** The value of the one series with these labels. */
  async value(name: string, labels: Readonly<Record<string, unknown>>): Promise<unknown> {
    const found = (await this.points(name)).filter(({ attributes }) =>
      Object.entries(labels).every(([label, value]) => attributes[label] === value),
    );
    return found.length === 1 ? found[0]!.value : undefined;
  }
}

let t: TestApp | undefined;
let collector: Collector | undefined;
const boot = async (init: TestAppInit = {}): Promise<TestApp> =>
  (t = await bootApp({ controllers: [MeasuredController], ...init }));
const collect = (): Collector => {
  collector = new Collector();
  metrics.setGlobalMeterProvider(collector.provider);
  return collector;
};
afterEach(async () => {
  await t?.close();
  t = undefined;
  await collector?.provider.shutdown();
  collector = undefined;
  metrics.disable();
  vi.restoreAllMocks();
});

describe.each(PLATFORMS)('the metrics on %s', (platform) => {
  it('count decisions by stage and outcome', async () => {
    const collected = collect();
    const { send: call } = await boot({
      platform,
      prepare: (app: INestApplication) => secureApp(app, { hosts: ['127.0.0.1'] }),
    });
    const [user, admin] = [await tokenFor('alice', { roles: ['user'] }), await tokenFor('ada', { roles: ['admin'] })];
    for (const token of [user, admin, admin]) await call('GET /admin', { token });
    await call('GET /admin');
    await call('GET /open', { headers: { host: 'evil.example' } });
    const decided = (labels: Readonly<Record<string, unknown>>) => collected.value('bulwark.decisions', labels);
    expect(await decided({ stage: 'roles', outcome: 'allowed' })).toBe(2);
    expect(await decided({ stage: 'roles', outcome: 'refused', code: 'forbidden' })).toBe(1);
    expect(await decided({ stage: 'authentication', outcome: 'allowed' })).toBe(3);
    expect(await decided({ stage: 'authentication', outcome: 'refused', code: 'unauthenticated' })).toBe(1);
    expect(await decided({ stage: 'edge', outcome: 'refused', code: 'misdirected' })).toBe(1);
    expect(await decided({ stage: 'pipeline', outcome: 'allowed' })).toBe(2);
  });

  it('tell how much of the limits is used, by bucket and never by caller', async () => {
    const collected = collect();
    const { send: call } = await boot({ platform });
    const token = await tokenFor('alice');
    for (let each = 0; each < 3; each++) await call('GET /limited', { token });
    expect(await collected.value('bulwark.limiter.decisions', { bucket: 'route', outcome: 'allowed' })).toBe(2);
    expect(await collected.value('bulwark.limiter.decisions', { bucket: 'route', outcome: 'refused' })).toBe(1);
    expect(await collected.value('bulwark.limiter.utilization', { bucket: 'route', outcome: 'allowed' })).toMatchObject(
      {
        count: 2,
        min: 0.5,
        max: 1,
      },
    );
    const names = ['bulwark.decisions', 'bulwark.limiter.decisions', 'bulwark.limiter.utilization'];
    const labels = (await Promise.all(names.map((name) => collected.points(name))))
      .flat()
      .map(({ attributes }) => attributes);
    expect(JSON.stringify(labels)).not.toMatch(/alice|127\.0\.0\.1/);
  });

  it('time the verification of tokens, and count the remembered', async () => {
    const collected = collect();
    const { send: call } = await boot({ platform });
    const token = await tokenFor('alice');
    for (let each = 0; each < 3; each++) await call('GET /limited', { token });
    await call('GET /limited', { token: await tokenFor('alice', {}, 'x'.repeat(40)) });
    expect(await collected.value('bulwark.verify.duration', { scheme: 'jwt' })).toMatchObject({ count: 2 });
    expect(await collected.value('bulwark.cache.hits', { cache: 'tokens' })).toBe(2);
    expect(await collected.value('bulwark.cache.misses', { cache: 'tokens' })).toBe(2);
  });

  it('count API keys that are remembered, calls of what is deprecated, and crashes', async () => {
    const collected = collect();
    const { send: call, app } = await boot({ platform });
    const { key } = await app.get(ApiKeyService).create({ owner: 'alice', name: 'ci' });
    for (let each = 0; each < 2; each++) await call('GET /key', { headers: { 'x-api-key': key } });
    await call('GET /open');
    await call('GET /broken', { token: await tokenFor('alice') });
    expect(await collected.value('bulwark.cache.hits', { cache: 'api-keys' })).toBe(1);
    expect(await collected.value('bulwark.cache.misses', { cache: 'api-keys' })).toBe(1);
    expect(
      await collected.value('bulwark.deprecated.calls', { route: 'MeasuredController.open', outcome: 'served' }),
    ).toBe(1);
    expect(await collected.value('bulwark.failures', {})).toBe(1);
  });
});

describe('the metrics', () => {
  it('show which store is out of reach, and what was let pass meanwhile', async () => {
    const collected = collect();
    const { app } = await boot();
    const events = app.get(SecurityEvents);
    const told = { timeMs: START_MS, subject: {}, store: 'redis' } as const;
    expect(await collected.points('bulwark.store.outage')).toEqual([]);
    events.emit({ ...told, kind: 'store_outage', level: 'alert', policy: 'buckets: open', reason: 'timeout' });
    events.emit({ ...told, kind: 'store_bypassed', level: 'warning', what: 'buckets' });
    expect(await collected.value('bulwark.store.outage', { store: 'redis' })).toBe(1);
    expect(await collected.value('bulwark.store.bypassed', { store: 'redis', what: 'buckets' })).toBe(1);
    events.emit({ ...told, kind: 'store_recovered', level: 'warning', afterMs: 10 });
    expect(await collected.value('bulwark.store.outage', { store: 'redis' })).toBe(0);
  });

  it('know of the recovery although it is told quietly', async () => {
    const collected = collect();
    const { app } = await boot();
    const events = app.get(SecurityEvents);
    const told = { timeMs: START_MS, subject: {}, store: 'redis' } as const;
    events.emit({ ...told, kind: 'store_outage', level: 'alert', policy: 'closed', reason: 'timeout' });
    events.emit({ ...told, kind: 'store_recovered', level: 'info', afterMs: 10 });
    expect(await collected.value('bulwark.store.outage', { store: 'redis' })).toBe(0);
  });

  it('are taken where somebody collects them, and otherwise cost a look at a field', async () => {
    const { app } = await boot();
    expect(app.get(Measurements).meter).toBeUndefined();
    await t?.close();
    collect();
    const measured = await boot();
    expect(measured.app.get(Measurements).meter).toBeDefined();
    await measured.close();
    expect(measured.app.get(Measurements).meter).toBeUndefined();
    t = undefined;
  });

  it('can be declined, and can be insisted on', async () => {
    await expect(boot({ security: { audit: { metrics: true } } })).rejects.toThrow(
      'security.audit.metrics: true, and no meter provider is registered. Start the SDK of OpenTelemetry before the app.',
    );
    await expect(boot({ security: { audit: { metrics: 'yes' as never } } })).rejects.toThrow(
      'security.audit.metrics: "yes" is not a boolean.',
    );
    collect();
    const { app } = await boot({ security: { audit: { metrics: false } } });
    expect(app.get(Measurements).meter).toBeUndefined();
    await t?.close();
    expect((await boot({ security: { audit: { metrics: true } } })).app.get(Measurements).meter).toBeDefined();
  });

  it('of two apps in a process are both counted, and the first to stop does not stop the other', async () => {
    const collected = collect();
    const first = await boot();
    const second = await bootApp({ controllers: [MeasuredController] });
    await first.send('GET /open');
    await second.send('GET /open');
    await first.close();
    t = undefined;
    await second.send('GET /open');
    expect(await collected.value('bulwark.decisions', { stage: 'pipeline', outcome: 'allowed' })).toBe(3);
    await second.close();
  });

  it.each([
    ['with metrics', true],
    ['without', false],
  ])('make no event of an allowed call %s', async (_what, measured) => {
    if (measured) collect();
    @Module({
      imports: [SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, bootAudit: 'off', audit: { sinks: [] } })],
      controllers: [MeasuredController],
    })
    class QuietModule {}
    const app = await NestFactory.create(QuietModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    const subjects = vi.spyOn(Call.prototype, 'subject');
    const { port } = app.getHttpServer().address() as AddressInfo;
    try {
      expect((await send(port, 'GET /plain')).status).toBe(200);
      expect(subjects).not.toHaveBeenCalled();
      expect(app.get(SecurityEvents).wants('debug')).toBe(false);
    } finally {
      await app.close();
    }
  });
});
