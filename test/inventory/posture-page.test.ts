import { createHash } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { Measurements } from '../../lib/core/measurements.js';
import {
  BootAudit,
  JwtAuthGuard,
  owaspCoverage,
  postureController,
  SecurityModule,
  type Endpoint,
  type SecurityEvent,
  type SecurityOptions,
} from '../../lib/index.js';
import { coverageSection } from '../../lib/inventory/posture-page/coverage-section.js';
import { html } from '../../lib/inventory/posture-page/html.js';
import { LimitUse } from '../../lib/inventory/posture-page/limit-use.js';
import { PosturePage } from '../../lib/inventory/posture-page/posture-page.js';
import { RecentRefusals } from '../../lib/inventory/posture-page/recent-refusals.js';
import { shortAddress } from '../../lib/inventory/posture-page/short-address.js';
import { FrozenClock, PLATFORMS, START_MS, TEST_SECRET, type TestApp } from '../app.js';
import { bootPostureApp } from '../posture/posture-app.js';
import { tokenFor } from '../tokens.js';

let opened: TestApp | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const open = async (...init: Parameters<typeof bootPostureApp>): Promise<TestApp> =>
  (opened = await bootPostureApp(...init));

describe.each(PLATFORMS)('the posture page on %s', (platform) => {
  it('is a page for those who hold one of its roles, and for nobody else', async () => {
    const { send } = await open(platform);
    const admin = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(admin.status).toBe(200);
    expect(admin.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(admin.text).toMatch(/^<!doctype html>\n<html lang="en">/);

    expect((await send('GET /security')).status).toBe(401);
    const user = await send('GET /security', { token: await tokenFor('bob', { roles: ['user'] }) });
    expect(user.status).toBe(403);
    expect(user.text).not.toContain('posture');
  });

  it('lets nothing be loaded, run, framed, sent or kept', async () => {
    const { send } = await open(platform);
    const { headers, text } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    const [style, script] = ['style', 'script'].map((tag) => {
      const [, content] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)!;
      return `'sha256-${createHash('sha256').update(content!).digest('base64')}'`;
    });
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src ${style}; script-src ${script}; base-uri 'none'; form-action 'none'; ` +
        "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(text).not.toMatch(/ style="| on\w+="|javascript:|<link|<img|src=/);
    expect([...text.matchAll(/href="([^"]*)"/g)].every(([, href]) => href!.startsWith('#'))).toBe(true);
  });

  it('is as strict without secureApp()', async () => {
    const { send } = await open(platform, { prepare: () => undefined });
    const { headers } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each([false, true])('has a guard of its own where the app does without the global one (%s)', async (withJwt) => {
    const { app, send } = await open(platform, {
      security: { globalGuards: false },
      prepare: (each) => withJwt && each.useGlobalGuards(each.get(JwtAuthGuard)),
    });
    expect((await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) })).status).toBe(200);
    expect((await send('GET /security', { token: await tokenFor('bob') })).status).toBe(403);
    expect((await send('GET /security')).status).toBe(401);
    const findings = app.get(BootAudit).findings();
    expect(findings.filter(({ where }) => where.startsWith('PostureController'))).toEqual([]);
  });

  it('shows every endpoint with its controls, and itself', async () => {
    const { send } = await open(platform);
    const { text } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    for (const path of [
      '/health',
      '/users/:userId',
      '/orders/:id',
      '/v1/users',
      '/register',
      '/transfer',
      '/security',
    ]) {
      expect(text.includes(`>${path}<`), path).toBe(true);
    }
    for (const said of [
      'load balancers ask without credentials',
      'moderator or admin',
      'money:move',
      'isAdult',
      'support',
    ]) {
      expect(text.includes(said), said).toBe(true);
    }
    expect(text.includes('no ownership rule'), 'no ownership rule').toBe(true);
  });

  it('shows what was put on the adapter, past all guards', async () => {
    const { send } = await open(platform, {
      prepare: (app) =>
        app.getHttpAdapter().get('/metrics', (_: unknown, response: { send(text: string): void }) => response.send('')),
    });
    const { text } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(text).toMatch(/data-method="GET"\s+data-access="unguarded"\s+data-open="API2[^>]*>[^]*?>\/metrics</);
    expect(text).toMatch(/<strong>1<\/strong>\s*<span>unguarded/);
  });

  it('shows the latest refusals with their exact cause, and addresses only as networks', async () => {
    const { send } = await open(platform);
    await send('GET /orders/7?token=in-a-query', { from: '127.0.9.77' });
    await send('GET /v1/users', { token: await tokenFor('bob', { roles: ['user'] }) });
    await send('GET /v1/users', { token: await tokenFor('bob', { roles: ['user'] }) });
    const { text } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(text.includes('role_missing: needs moderator or admin'), 'role_missing: needs moderator or admin').toBe(
      true,
    );
    expect(text.includes('127.0.9.0/24'), '127.0.9.0/24').toBe(true);
    expect(text.includes('127.0.9.77'), '127.0.9.77').toBe(false);
    expect(text.includes('in-a-query'), 'in-a-query').toBe(false);
    // Twice in a row is one line.
    expect(text.match(/role_missing/g)).toHaveLength(1);
  });

  it('shows who meets limits, and who still calls what is deprecated', async () => {
    const { send } = await open(platform);
    const token = await tokenFor('mia', { roles: ['moderator'], scope: 'money:move', auth_time: START_MS / 1000 });
    await send('GET /v1/users', { token });
    await send('GET /v1/status', { from: '127.0.8.5' });
    for (let call = 0; call < 3; call++) await send('POST /transfer', { token });
    const { text } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    const limits = section(text, 'limits');
    expect(limits).toMatch(/Who met a limit[^]*mia/);
    expect(limits).toMatch(/route[^]*100 %/);
    const deprecated = section(text, 'deprecated');
    expect(deprecated).toMatch(/GET \/v1\/users[^]*2026-07-01[^]*\/v2\/users[^]*mia/);
    expect(deprecated).toMatch(/GET \/v1\/status[^]*nobody said[^]*127\.0\.8\.0\/24/);
    expect(deprecated).not.toContain('127.0.8.5');
  });

  it('lets no markup through that a client sent', async () => {
    const { send } = await open(platform);
    const evil = '"><img/src=x/onerror=alert(1)><script>alert(2)</script>';
    await send(`GET /orders/${evil}`, { headers: { 'user-agent': evil } });
    await send('GET /v1/users', { token: await tokenFor(`<script>alert(3)</script>`, { roles: ['<b>'] }) });
    const { text } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(text.includes('&lt;script&gt;alert(3)'), '&lt;script&gt;alert(3)').toBe(true);
    expect(text.includes('<script>alert'), '<script>alert').toBe(false);
    expect(text.includes('<img'), '<img').toBe(false);
    expect(text.match(/<script/g)).toHaveLength(1);
  });

  it('shows no secret that came in a path, as the log shows none', async () => {
    const { send } = await open(platform);
    const jwt = await tokenFor('bob');
    await send(`GET /orders/${jwt}`);
    const { text } = await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(text.includes('/orders/[redacted]'), '/orders/[redacted]').toBe(true);
    expect(text).not.toContain(jwt.split('.')[2]);
  });
});

describe('the option', () => {
  it('serves the page elsewhere', async () => {
    const { send } = await open('express', { security: { posture: { path: 'ops/posture', roles: ['sre'] } } });
    const token = await tokenFor('sam', { roles: ['sre'] });
    expect((await send('GET /ops/posture', { token })).status).toBe(200);
    expect((await send('GET /security', { token })).status).toBe(404);
  });

  it('left out, serves nothing and watches nothing', async () => {
    const { send, app } = await open('express', { security: { posture: undefined } });
    expect((await send('GET /security', { token: await tokenFor('ada', { roles: ['admin'] }) })).status).toBe(404);
    expect(app.get(Measurements, { strict: false }).meter).toBeUndefined();
  });

  const wrong: readonly (readonly [string, object, string])[] = [
    ['no roles', {}, 'security.posture.roles: undefined is not a non-empty list of strings'],
    ['an empty list of roles', { roles: [] }, 'security.posture.roles: an empty list is not a non-empty list'],
    [
      'a slip of the keyboard',
      { role: ['admin'] },
      'security.posture.role: unknown option. Did you mean `security.posture.roles`?',
    ],
    [
      'a parameter in its path',
      { path: ':tenant', roles: ['a'] },
      'security.posture.path: ":tenant" is not a path of fixed segments',
    ],
    ['a way out in its path', { path: 'a/../b', roles: ['a'] }, 'security.posture.path: "a/../b" is not a path'],
  ];
  it.each(wrong)('with %s stops the boot', (_, posture, message) => {
    expect(() => SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, posture } as SecurityOptions)).toThrow(message);
  });

  it('with a role that nobody can hold stops the boot', async () => {
    const booting = open('express', {
      controllers: [],
      security: { posture: { roles: ['admn'] }, roles: { hierarchy: { admin: [] } } },
    });
    await expect(booting).rejects.toThrow('Did you mean "admin"?');
  });

  it('comes too late in forRootAsync, where the controller has to be listed', async () => {
    const options: SecurityOptions = { jwt: { secret: TEST_SECRET }, bootAudit: 'off', posture: { roles: ['admin'] } };
    const boot = async (posture: boolean, controllers: Parameters<typeof Module>[0]['controllers']): Promise<void> => {
      class AppModule {}
      const security = SecurityModule.forRootAsync({
        useFactory: () => ({ ...options, ...(!posture && { posture: undefined }) }),
      });
      Module({ imports: [security], controllers: controllers ?? [] })(AppModule);
      const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
      await app.init();
      await app.close();
    };
    await expect(boot(true, [])).rejects.toThrow('add postureController({ roles: [...] }) to the `controllers`');
    await expect(boot(true, [postureController({ roles: ['other'] })])).rejects.toThrow('postureController');
    await expect(boot(true, [postureController({ roles: ['admin'] })])).resolves.toBeUndefined();
    await expect(boot(false, [postureController({ roles: ['admin'] })])).resolves.toBeUndefined();
  });
});

describe('the page as a file', () => {
  it('holds what is known of the app and nothing of those who called', async () => {
    const { app, send } = await open('express');
    await send('GET /v1/users', { token: await tokenFor('bob', { roles: ['user'] }) });
    const page = app.get(PosturePage, { strict: false }).html({ live: false, redact: (value) => value });
    expect(page).toContain('/users/:userId');
    expect(page).toContain('Content-Security-Policy');
    expect(page).not.toContain('role_missing');
    expect(page).not.toContain('bob');
  });
});

describe('html', () => {
  it('escapes what is no markup of ours, in text and in attributes', () => {
    expect(html`<a title="${`"'\`<>&`}">${'<b>'}</a>`.markup).toBe(
      '<a title="&quot;&#39;&#96;&lt;&gt;&amp;">&lt;b&gt;</a>',
    );
  });

  it('joins lists, leaves out nothing-at-all, and keeps what it made itself', () => {
    const items = ['1', 'a&'].map((each) => html`<i>${each}</i>`);
    expect(html`<b>${[...items, undefined, false]}</b>`.markup).toBe('<b><i>1</i><i>a&amp;</i></b>');
  });

  it('shows a replacement for what turns text around, hides in it or ends it', () => {
    expect(html`${'a\u202eb\u0000c\u200bd\u0085e\ud800f\u2028g\r'}`.markup).toBe('a�b�c�d�e�f�g�');
    expect(html`${'a\tb\nc'}`.markup).toBe('a\tb\nc');
  });
});

describe('shortAddress', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['unknown', 'unknown'],
    ['', 'unknown'],
    ['<b>', 'unknown'],
  ])('%s is shown as %s', (address, shown) => {
    expect(shortAddress(address)).toBe(shown);
  });
});

describe('the refusals that are kept', () => {
  const refusal = (path: string, id: string) =>
    ({
      kind: 'rate_limited',
      level: 'warning',
      timeMs: START_MS,
      stage: 'throttling',
      code: 'rate_limited',
      reason: 'bucket_empty',
      subject: { method: 'GET', path, principal: { id, scheme: 'jwt' } },
    }) as const;

  it('are the last hundred, callers two hundred, and every text has an end', () => {
    const refusals = new RecentRefusals();
    for (let index = 0; index < 500; index++) refusals.note(refusal(`/${index}`, `caller-${index}`));
    refusals.note(refusal(`/${'x'.repeat(5000)}`, 'y'.repeat(5000)));
    expect(refusals.last()).toHaveLength(100);
    expect(refusals.limited()).toHaveLength(200);
    expect(refusals.last()[0]!.path).toHaveLength(201);
    expect(refusals.last()[0]!.caller.id).toHaveLength(201);
    expect(refusals.last()[1]!.path).toBe('/499');
    expect(refusals.byStage()).toEqual({ throttling: 501 });
  });

  it('do not let one caller push out the others by knocking', () => {
    const refusals = new RecentRefusals();
    refusals.note(refusal('/other', 'bob'));
    for (let index = 0; index < 1000; index++) refusals.note(refusal('/same', 'mallory'));
    expect(refusals.last().map(({ path, times }) => [path, times])).toEqual([
      ['/same', 1000],
      ['/other', 1],
    ]);
  });

  it('do not let strangers at many doors push out what happened to others', () => {
    const refusals = new RecentRefusals();
    refusals.note(refusal('/admin', 'mallory'));
    const stranger = (path: string, address: string, reason = 'no_credentials'): void => {
      const event = { ...refusal(path, ''), reason, subject: { method: 'GET', path, address } };
      refusals.note(event as SecurityEvent);
    };
    for (let index = 0; index < 101; index++) stranger(`/${index}`, '203.0.113.7');
    expect(refusals.last().map(({ path, times }) => [path, times])).toEqual([
      ['/100', 101],
      ['/admin', 1],
    ]);
    for (let index = 0; index < 101; index++) stranger('/', '203.0.113.7', `reason ${index}`);
    expect(refusals.last()).toHaveLength(11);
    for (let index = 0; index < 250; index++) stranger('/', `10.0.${index}.1`);
    expect(refusals.last()).toHaveLength(100);
    expect(refusals.last().map(({ path }) => path)).toContain('/admin');
  });

  it('are refusals only', () => {
    const refusals = new RecentRefusals();
    refusals.note({ kind: 'app', name: 'login', level: 'alert', timeMs: START_MS, subject: {} });
    expect(refusals.last()).toEqual([]);
  });
});

describe('the use of limits', () => {
  it('is counted by minute and forgotten after fifteen', () => {
    const clock = new FrozenClock();
    const use = new LimitUse(clock);
    use.bucket('public', 0.4, true);
    clock.advance(60_000);
    use.bucket('public', 0.9, false);
    expect(use.use()).toMatchObject([{ name: 'public', calls: 2, refused: 1, peak: 1 }]);
    expect(use.use()[0]!.minutes.slice(-2)).toEqual([
      { calls: 1, refused: 0 },
      { calls: 1, refused: 1 },
    ]);
    clock.advance(14 * 60_000);
    expect(use.use()).toMatchObject([{ calls: 1, refused: 1 }]);
    clock.advance(60_000);
    expect(use.use()).toMatchObject([{ calls: 0, refused: 0, peak: 0 }]);
  });

  it('takes nothing from whoever measured before', () => {
    const heard: unknown[] = [];
    const note = (...said: unknown[]): void => void heard.push(said);
    const use = new LimitUse(new FrozenClock(), {
      passed: note,
      bucket: note,
      verified: note,
      cache: note,
      deprecated: note,
    });
    use.passed('roles');
    use.bucket('public', 0.5, true);
    use.verified('jwt', 1);
    use.cache('tokens', true);
    use.deprecated('A.b', false);
    expect(heard).toEqual([['roles'], ['public', 0.5, true], ['jwt', 1], ['tokens', true], ['A.b', false]]);
  });
});

/** One section of the page. */
function section(text: string, id: string): string {
  const start = text.indexOf(`id="${id}"`);
  return text.slice(start, text.indexOf('</section>', start));
}

describe('the state of an item', () => {
  const endpoint = (answers: string[]) => ({ answers, open: [] }) as unknown as Endpoint;
  const finding = (severity: 'error' | 'warning') =>
    ({ id: 'x/y', severity, where: '', why: '', fix: '', references: ['API8:2023', 'API2:2023'] }) as const;
  const states = (findings: Parameters<typeof owaspCoverage>[1]) => {
    const page = coverageSection(owaspCoverage([endpoint(['API2:2023'])], findings)).markup;
    return Object.fromEntries(
      [.../(API\d+)<\/span>[^]*?state state-\w+">([\w ]+)</g[Symbol.matchAll](page)].map(([, id, state]) => [
        id,
        state,
      ]),
    );
  };

  it('is not "answered" where the boot audit found an error', () => {
    expect(states([finding('error')])).toMatchObject({ API2: 'partly answered', API8: 'open' });
  });

  it('is what the endpoints say where there is none', () => {
    expect(states([finding('warning')])).toMatchObject({ API2: 'answered', API8: 'not seen in routes' });
    expect(states([])).toMatchObject({ API2: 'answered', API8: 'not seen in routes' });
  });
});
