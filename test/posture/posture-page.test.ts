import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Controller, Get } from '@nestjs/common';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Policies, Public, Returns, Roles } from '../../lib/index.js';
import { PosturePage } from '../../lib/inventory/posture-page/posture-page.js';
import { START_MS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import { findChromium, launch, openPage, SCREENSHOTS, type OpenPage } from './browser.js';
import { LOW_CONTRAST } from './contrast.js';
import { bootPostureApp } from './posture-app.js';

const chromium = findChromium();
if (chromium === undefined) {
  const said = 'The posture page was NOT tested: there is no chromium on the PATH (Debian: apt-get install chromium).';
  if (process.env['CI'] !== undefined) throw new Error(said);
  console.error(`\n${'!'.repeat(said.length)}\n${said}\n${'!'.repeat(said.length)}\n`);
}

/** Runs in the page. The tests are compiled without the types of a browser. */
const ask = <T>(page: Page, expression: string): Promise<T> => page.evaluate(expression);

const shownPaths = (page: Page): Promise<string[]> =>
  ask(
    page,
    `[...document.querySelectorAll('#matrix tbody')].filter((each) => each.checkVisibility()).map((each) =>
      each.dataset.method + ' ' + each.querySelector('.path').textContent)`,
  );

describe.skipIf(chromium === undefined)('the posture page in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    browser = await launch(chromium!);
    app = await bootPostureApp('express');
    token = await tokenFor('ada', { roles: ['admin'] });
    const mia = await tokenFor('mia', { roles: ['moderator'], scope: 'money:move', auth_time: START_MS / 1000 });
    await app.send('GET /v1/users', { token: mia });
    await app.send('GET /v1/users', { token: await tokenFor('bob', { roles: ['user'] }) });
    await app.send('GET /v1/status', { from: '127.0.8.5' });
    await app.send('GET /orders/7', { token: 'nonsense' });
    for (let call = 0; call < 4; call++) await app.send('POST /transfer', { token: mia });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const open = (options: Parameters<typeof openPage>[2] = {}, hash = ''): Promise<OpenPage> =>
    openPage(browser, `${app.url}/security${hash}`, { token, ...options });
  const close = ({ page }: OpenPage): Promise<void> => page.context().close();

  it.each(['light', 'dark'] as const)(
    'is readable in %s, asks for nothing else and complains of nothing',
    async (colorScheme) => {
      const opened = await open({ colorScheme });
      const { page, complaints, requests } = opened;
      await page.screenshot({ path: join(SCREENSHOTS, `${colorScheme}.png`), fullPage: true });
      await ask(page, `document.querySelectorAll('details').forEach((each) => (each.open = true))`);
      const { measured, found } = await ask<{ measured: number; found: string[] }>(page, LOW_CONTRAST);
      expect(found).toEqual([]);
      expect(measured).toBeGreaterThan(300);
      expect(requests).toEqual([`${app.url}/security`]);
      expect(complaints).toEqual([]);
      const paper = await ask<string>(page, 'getComputedStyle(document.body).backgroundColor');
      expect(paper).toBe(colorScheme === 'light' ? 'rgb(251, 250, 247)' : 'rgb(19, 21, 25)');
      await close(opened);
    },
  );

  it('prints in ink on paper, also where the screen is dark', async () => {
    const opened = await open({ colorScheme: 'dark' });
    const { page } = opened;
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.pdf({ path: join(SCREENSHOTS, 'print.pdf'), preferCSSPageSize: true });
    await page.setViewportSize({ width: 1040, height: 720 });
    await page.screenshot({ path: join(SCREENSHOTS, 'print.png'), fullPage: true });
    expect(await ask(page, 'getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect((await ask<{ found: string[] }>(page, LOW_CONTRAST)).found).toEqual([]);
    expect(
      await ask(page, `[...document.querySelectorAll('#filter, nav')].some((each) => each.checkVisibility())`),
    ).toBe(false);
    await close(opened);
  });

  it('says to a screen reader what it shows', async () => {
    const opened = await open();
    const { page } = opened;
    expect(
      await ask(
        page,
        `({
          lang: document.documentElement.lang,
          title: document.title,
          headings: document.querySelectorAll('h1').length,
          landmarks: ['header', 'nav', 'main', 'footer'].map((each) => document.querySelectorAll(each).length),
          withoutScope: [...document.querySelectorAll('th:not([scope])')].length,
          withoutCaption: [...document.querySelectorAll('table')].filter((each) => each.caption === null).length,
          withoutLabel: [...document.querySelectorAll('input, select')].filter((each) => each.labels.length === 0).length,
          unlabelled: [...document.querySelectorAll('[aria-labelledby]')].filter((each) =>
            each.getAttribute('aria-labelledby').split(' ').some((id) => document.getElementById(id) === null)).length,
          sameIds: [...document.querySelectorAll('[id]')].filter((each) => document.getElementById(each.id) !== each).length,
          deadLinks: [...document.querySelectorAll('a[href^="#"]')].filter((each) =>
            !each.hash.includes('=') && document.querySelector(each.hash) === null).length,
        })`,
      ),
    ).toEqual({
      lang: 'en',
      title: 'Security posture',
      headings: 1,
      landmarks: [1, 1, 1, 1],
      withoutScope: 0,
      withoutCaption: 0,
      withoutLabel: 0,
      unlabelled: 0,
      sameIds: 0,
      deadLinks: 0,
    });
    const wheel = page.getByRole('img', { name: 'Coverage of the OWASP API Security Top 10' });
    expect(await wheel.locator('desc').textContent()).toMatch(
      /^API1 partly answered, API2 answered, .*API10 not seen in routes\.$/,
    );
    await close(opened);
  });

  it('filters by text, method, access and open items, and keeps that in its address', async () => {
    const opened = await open();
    const { page } = opened;
    const all = await shownPaths(page);
    expect(await page.locator('#count').textContent()).toBe(`${all.length} of ${all.length}`);

    await page.getByLabel('Method').selectOption('POST');
    expect(await shownPaths(page)).toEqual(['POST /register', 'POST /transfer']);
    await page.getByLabel('Text').fill('Money');
    expect(await shownPaths(page)).toEqual(['POST /transfer']);
    expect(await page.locator('#count').textContent()).toBe(`1 of ${all.length}`);
    expect(new URL(page.url()).hash).toBe('#q=Money&method=POST');

    await page.reload();
    expect(await shownPaths(page)).toEqual(['POST /transfer']);
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.waitForFunction(`location.hash === '#endpoints'`);
    expect(await shownPaths(page)).toEqual(all);

    await page.locator('select[name=access]').selectOption('public');
    expect(await shownPaths(page)).toEqual(['GET /health', 'POST /register', 'GET /v1/status']);
    await page.locator('select[name=access]').selectOption('');
    await page.getByLabel('Show').selectOption('API1');
    expect(await shownPaths(page)).toEqual(['GET /orders/:id']);
    await page.getByLabel('Show').selectOption('deprecated');
    expect(await shownPaths(page)).toEqual(['GET /v1/status', 'GET /v1/users']);
    await close(opened);
  });

  it('is filtered by the counts at its top and by a link that somebody was sent', async () => {
    const opened = await open();
    const { page } = opened;
    await page.getByRole('link', { name: 'deprecated', exact: false }).filter({ hasText: /\d/ }).click();
    expect(await shownPaths(page)).toEqual(['GET /v1/status', 'GET /v1/users']);
    expect(await ask(page, 'document.activeElement.id')).toBe('endpoints-title');
    await close(opened);

    const sent = await open({}, '#show=API3&method=GET');
    expect(await shownPaths(sent.page)).toContain('GET /search');
    expect(await shownPaths(sent.page)).not.toContain('GET /health');
    await close(sent);
    const odd = await open({}, '#access=%3Cimg%20src=x%20onerror=alert(1)%3E&q=');
    expect((await shownPaths(odd.page)).length).toBeGreaterThan(5);
    expect(odd.complaints).toEqual([]);
    await close(odd);
  });

  it('needs no mouse', async () => {
    const opened = await open({ reducedMotion: 'reduce' });
    const { page } = opened;
    expect(await ask(page, 'getComputedStyle(document.documentElement).scrollBehavior')).toBe('auto');
    await page.keyboard.press('Tab');
    expect(await ask(page, 'document.activeElement.textContent')).toBe('Skip to the endpoints');
    expect(await ask(page, 'document.activeElement.getBoundingClientRect().left >= 0')).toBe(true);
    await page.keyboard.press('/');
    expect(await ask(page, 'document.activeElement.name')).toBe('q');
    expect(await ask(page, 'getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.type('orders');
    expect(await shownPaths(page)).toEqual(['GET /orders/:id']);
    await page.locator('#matrix tbody:not([hidden]) summary').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#matrix tbody:not([hidden]) details').textContent()).toContain('no ownership rule');
    expect(await ask(page, `document.activeElement.closest('details').open`)).toBe(true);
    await page.getByLabel('Method').focus();
    await page.keyboard.press('Escape');
    expect(await shownPaths(page)).toEqual(['GET /orders/:id']);
    await page.getByLabel('Text').focus();
    await page.keyboard.press('Escape');
    await page.waitForFunction(`document.getElementById('count').textContent.match(/^(\\d+) of \\1$/) !== null`);
    await close(opened);
  });

  it('is whole without its script', async () => {
    const opened = await open({ javaScriptEnabled: false });
    const { page } = opened;
    expect(await page.locator('#matrix tbody').count()).toBe(9);
    expect(await page.locator('#filter').isVisible()).toBe(false);
    await page.locator('summary').first().click();
    expect(await page.locator('details[open]').count()).toBe(1);
    await close(opened);
  });

  it.each([320, 768, 1360, 2200])('does not scroll sideways as a whole at %i pixels', async (width) => {
    const opened = await open({ viewport: { width, height: 800 } });
    expect(await ask(opened.page, 'document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
      0,
    );
    if (width === 320) await opened.page.screenshot({ path: join(SCREENSHOTS, 'narrow.png'), fullPage: true });
    await close(opened);
  });

  it('lets everything be scrolled to by keys, where it is narrower than its tables', async () => {
    const opened = await open({ viewport: { width: 400, height: 800 } });
    const unreachable = await ask(
      opened.page,
      `[...document.querySelectorAll('main *')]
        .filter((each) => each.scrollWidth > each.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX))
        .map((each) => [each.tabIndex, each.getAttribute('role')].join(' '))`,
    );
    expect(new Set(unreachable as string[])).toEqual(new Set(['0 region']));
    await close(opened);
  });

  it('says on paper why something is open, and only there in a list', async () => {
    const opened = await open();
    const { page } = opened;
    const list = page.locator('.on-paper');
    expect(await list.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await list.isVisible()).toBe(true);
    expect(await list.locator('li').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/GET \/orders\/:id API1: .*no ownership rule/)]),
    );
    await page.screenshot({ path: join(SCREENSHOTS, 'on-paper.png'), fullPage: true });
    await close(opened);
  });

  it('works as a file, under the same policy', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'posture-'));
    const file = join(folder, 'posture.html');
    writeFileSync(file, app.app.get(PosturePage, { strict: false }).html({ live: false, redact: (value) => value }));
    const opened = await openPage(browser, pathToFileURL(file).href);
    await opened.page.getByLabel('Method').selectOption('POST');
    expect(await shownPaths(opened.page)).toEqual(['POST /register', 'POST /transfer']);
    expect(await opened.page.locator('#refusals').count()).toBe(0);
    expect(opened.complaints).toEqual([]);
    expect(await runsForeignScript(opened.page)).toBe(false);
    await close(opened);
    rmSync(folder, { recursive: true });
  });

  it('runs no script and takes no style but its own, were one to get in', async () => {
    const opened = await open();
    expect(await runsForeignScript(opened.page)).toBe(false);
    expect(
      await ask(
        opened.page,
        `(() => {
          const style = document.createElement('style');
          style.textContent = 'body { background: rgb(1, 2, 3) }';
          document.head.append(style);
          return getComputedStyle(document.body).backgroundColor;
        })()`,
      ),
    ).toBe('rgb(251, 250, 247)');
    expect(opened.complaints.join()).toContain('Content Security Policy');
    await close(opened);
  });
});

describe.skipIf(chromium === undefined)('an attacker who writes into the posture page', { timeout: 60_000 }, () => {
  const EVIL = `"'><img src=x onerror=alert(1)><script>alert(2)</script><svg/onload=alert(3)>`;

  /** Of what can stand in one segment of a path. */
  const PATH = `"'><img%20src=x%20onerror=alert(4)><script>alert(5)<!--`;

  // A class, a rule and a role that are called something else than their author hopes.
  const rule = { [EVIL]: (): boolean => true }[EVIL]!;

  @Controller()
  class PlainController {
    @Get('evil')
    @Public(EVIL)
    @Returns(String)
    evil(): string {
      return 'ok';
    }

    @Get(['closed', 'closed/:id'])
    @Roles(EVIL)
    @Policies(rule)
    @Returns(String)
    closed(): string {
      return 'ok';
    }
  }
  Object.defineProperty(PlainController, 'name', { value: EVIL });

  it('is shown as the text that they wrote', async () => {
    const app = await bootPostureApp('express', { controllers: [PlainController] });
    const browser = await launch(chromium!);
    await app.send('GET /closed', {
      token: await tokenFor(EVIL, { roles: ['user', EVIL.slice(1)] }),
      headers: { 'user-agent': EVIL, 'x-forwarded-for': EVIL, referer: EVIL },
    });
    await app.send(`GET /closed/${PATH}`, { token: await tokenFor(EVIL, { roles: [EVIL.slice(1)] }) });
    await app.send('GET /closed', { token: EVIL });

    const { page, complaints, requests } = await openPage(
      browser,
      `${app.url}/security#q=${encodeURIComponent(EVIL)}`,
      {
        token: await tokenFor('ada', { roles: ['admin'] }),
      },
    );
    expect(
      await page.locator('img, iframe, object, embed, link, base, script:not(:last-of-type), svg[onload]').count(),
    ).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    expect(
      await ask(
        page,
        `[...document.querySelectorAll('*')].flatMap((each) => each.getAttributeNames()).filter((name) => /^on|^style$/.test(name))`,
      ),
    ).toEqual([]);
    // As text, in the path, in the caller's id, in the route's, and in the role that is asked for.
    expect(await page.locator('#refusals bdi', { hasText: PATH }).count()).toBe(1);
    expect(await page.locator('#refusals bdi', { hasText: EVIL }).count()).toBeGreaterThan(0);
    expect(await page.locator('#matrix bdi', { hasText: EVIL }).count()).toBeGreaterThan(2);
    expect(await page.getByLabel('Text').inputValue()).toBe(EVIL);
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
    await page.screenshot({ path: join(SCREENSHOTS, 'attacked.png'), fullPage: true });
    await browser.close();
    await app.close();
  });
});

/** Puts a script into the page the way that an injection would. */
function runsForeignScript(page: Page): Promise<boolean> {
  return ask(
    page,
    `(() => {
      const script = document.createElement('script');
      try { script.text = 'window.foreign = true'; } catch { return false; }
      document.body.append(script);
      return window.foreign === true;
    })()`,
  );
}
