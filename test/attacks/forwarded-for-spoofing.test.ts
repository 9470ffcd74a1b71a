/** X-Forwarded-For spoofing: a client that names its own address, to dodge limits or to frame somebody. */

import { Controller, Get } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { Public, secureApp, type EdgeOptions } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Platform, type TestApp } from '../app.js';

@Public('tests')
@Controller()
class Hello {
  @Get()
  hello() {
    return 'hello';
  }
}

const LIES: readonly Record<string, string>[] = [
  { 'x-forwarded-for': '203.0.113.9' },
  { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' },
  { 'x-forwarded-for': '127.0.0.1' },
  { 'x-forwarded-for': '::ffff:203.0.113.9' },
  { forwarded: 'for=203.0.113.9' },
  { 'x-real-ip': '203.0.113.9' },
  { 'client-ip': '203.0.113.9' },
  { 'true-client-ip': '203.0.113.9' },
  { 'cf-connecting-ip': '203.0.113.9' },
  { 'x-client-ip': '203.0.113.9' },
  { 'x-cluster-client-ip': '203.0.113.9' },
  { 'x-originating-ip': '203.0.113.9' },
];

describe.each(PLATFORMS)('a spoofed address on %s', (platform) => {
  let t: TestApp;
  afterEach(() => t.close());

  const boot = async (edge: EdgeOptions, prepare?: (app: TestApp['app']) => unknown) =>
    (t = await bootApp({
      platform,
      controllers: [Hello],
      security: { edge },
      prepare: (app) => {
        prepare?.(app);
        secureApp(app);
      },
    }));

  /** What limits and logs go by for a request with these headers. */
  const addressFor = async (headers: Record<string, string | string[]>): Promise<string | undefined> => {
    t.events.length = 0;
    await t.send('GET /', { headers });
    return t.events.find(({ kind }) => kind === 'access_allowed')?.subject.address;
  };

  it('is believed by nobody where no proxy is declared', async () => {
    await boot({});
    for (const headers of LIES) expect(await addressFor(headers)).toBe('127.0.0.1');
  });

  it('is believed by nobody where the client is not the declared proxy', async () => {
    await boot({ proxies: ['10.0.0.0/8'] });
    for (const headers of LIES) expect(await addressFor(headers)).toBe('127.0.0.1');
  });

  it('does not help behind a proxy, which appends what it saw', async () => {
    await boot({ proxies: ['loopback'] });
    expect(await addressFor({ 'x-forwarded-for': '203.0.113.9, 198.51.100.7' })).toBe('198.51.100.7');
    expect(await addressFor({ 'x-forwarded-for': ['203.0.113.9', '198.51.100.7'] })).toBe('198.51.100.7');
    expect(await addressFor({ 'x-forwarded-for': '127.0.0.1, 198.51.100.7' })).toBe('198.51.100.7');
    expect(await addressFor({ 'x-real-ip': '203.0.113.9' })).toBe('127.0.0.1');
    expect(await addressFor({ forwarded: 'for=203.0.113.9' })).toBe('127.0.0.1');
  });

  it('ends at the proxy when the client sends garbage through it', async () => {
    await boot({ proxies: ['loopback'] });
    for (const garbage of ['unknown', "' OR 1=1 --", '0x7f.1', '1.2.3.4.5', '2130706433', ' ', ',', '\u00e9']) {
      expect(await addressFor({ 'x-forwarded-for': garbage })).toBe('127.0.0.1');
    }
  });

  it('is one caller in every spelling of an address, and in every address of a /64', async () => {
    await boot({ proxies: ['loopback'] });
    const spellings = [
      '2001:db8::1',
      '2001:0DB8:0:0:0:0:0:1',
      '[2001:db8::1]:443',
      '2001:db8::ffff:1',
      '2001:db8::1%eth0',
    ];
    const keys = new Set<string | undefined>();
    for (const spelling of spellings) keys.add(await addressFor({ 'x-forwarded-for': spelling }));
    expect([...keys]).toEqual(['2001:db8::/64']);
    expect(await addressFor({ 'x-forwarded-for': '::ffff:c633:6407' })).toBe('198.51.100.7');
  });
});

it("does not become believable through Express' own `trust proxy`", async () => {
  const platform: Platform = 'express';
  const t = await bootApp({
    platform,
    controllers: [Hello],
    prepare: (app) => {
      (app as unknown as { set(name: string, value: unknown): void }).set('trust proxy', true);
      secureApp(app);
    },
  });
  await t.send('GET /', { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'evil.example' } });
  await t.close();
  expect(t.events.find(({ kind }) => kind === 'access_allowed')?.subject.address).toBe('127.0.0.1');
});
