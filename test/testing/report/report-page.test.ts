import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportAs, type AttackReport } from 'nestjs-bulwark/testing';
import { findChromium, launch, openPage, SCREENSHOTS, type OpenPage } from '../../posture/browser.js';
import { LOW_CONTRAST } from '../../posture/contrast.js';
import { bigReport, calmReport, EVIL, evilReport } from './reports.js';

const chromium = findChromium();
if (chromium === undefined) {
  const said =
    'The page of the attack was NOT tested: there is no chromium on the PATH (Debian: apt-get install chromium).';
  if (process.env['CI'] !== undefined) throw new Error(said);
  console.error(`\n${said}\n`);
}

/** Runs in the page. The tests are compiled without the types of a browser. */
const ask = <T>(page: Page, expression: string): Promise<T> => page.evaluate(expression);

const shownEndpoints = (page: Page): Promise<string[]> =>
  ask(
    page,
    `[...document.querySelectorAll('#matrix tbody')].filter((each) => each.checkVisibility()).map((each) =>
      (each.querySelector('.method').textContent + ' ' + each.querySelector('.path').textContent).trim())`,
  );

describe.skipIf(chromium === undefined)('the page of a report in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-report-'));
    browser = await launch(chromium!);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (report: AttackReport, options: Parameters<typeof openPage>[2] = {}): Promise<OpenPage> => {
    const file = join(folder, 'attack.html');
    writeFileSync(file, reportAs(report, 'html'));
    return openPage(browser, pathToFileURL(file).href, options);
  };
  const close = ({ page }: OpenPage): Promise<void> => page.context().close();

  it.each(['light', 'dark'] as const)(
    'is readable in %s, loads nothing and complains of nothing',
    async (colorScheme) => {
      const opened = await open(bigReport(), { colorScheme });
      const { page, complaints, requests } = opened;
      await page.screenshot({ path: join(SCREENSHOTS, `attack-${colorScheme}.png`), fullPage: true });
      await ask(page, `document.querySelectorAll('details').forEach((each) => (each.open = true))`);
      const { measured, found } = await ask<{ measured: number; found: string[] }>(page, LOW_CONTRAST);
      expect(found).toEqual([]);
      expect(measured).toBeGreaterThan(500);
      expect(requests).toHaveLength(1);
      expect(complaints).toEqual([]);
      const paper = await ask<string>(page, 'getComputedStyle(document.body).backgroundColor');
      expect(paper).toBe(colorScheme === 'light' ? 'rgb(251, 250, 247)' : 'rgb(19, 21, 25)');
      await close(opened);
    },
  );

  it('says first what is broken, with the request that shows it', async () => {
    const opened = await open(bigReport());
    const { page } = opened;
    expect(await page.locator('#broken li').count()).toBe(3);
    const first = (await page.locator('#broken li').first().innerText()).replace(/\s+/g, ' ');
    expect(first).toContain('critical DELETE /users/:id');
    expect(first).toContain('DELETE /users/:id as bob got 200 {"id":"7","note":"for alice only"}');
    expect(
      await ask(
        page,
        `document.querySelector('#broken').compareDocumentPosition(document.querySelector('#matrix')) & 4`,
      ),
    ).toBe(4);
    await close(opened);
    const calm = await open(calmReport());
    expect(await calm.page.locator('#broken').innerText()).toContain('Whatever was tried held.');
    await close(calm);
  });

  it('filters by text, verdict and group, by keys alone', async () => {
    const opened = await open(bigReport());
    const { page } = opened;
    const all = await shownEndpoints(page);
    expect(all).toHaveLength(41);
    expect(await page.locator('#count').textContent()).toBe('41 of 41');
    await page.getByRole('combobox', { name: 'Show' }).selectOption('broken');
    expect(await shownEndpoints(page)).toEqual(['GET /orders/:id', 'GET /search', 'DELETE /users/:id']);
    // Both at once are asked of one group: what is broken there is in another one.
    await page.getByRole('combobox', { name: 'Cases' }).selectOption('object');
    expect(await shownEndpoints(page)).toEqual(['GET /orders/:id']);
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.locator('h1').click();
    await page.keyboard.press('/');
    await page.keyboard.type('users backwards');
    expect(await shownEndpoints(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => shownEndpoints(page)).toEqual(all);
    await page.locator('#matrix summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#matrix details[open]').count()).toBe(1);
    await close(opened);
  });

  it('is whole without its script', async () => {
    const opened = await open(bigReport(), { javaScriptEnabled: false });
    expect(await opened.page.locator('#filter').isVisible()).toBe(false);
    expect(await opened.page.locator('#matrix tbody').count()).toBe(41);
    await close(opened);
  });

  it('says to a screen reader what it shows', async () => {
    const opened = await open(bigReport());
    expect(
      await ask(
        opened.page,
        `({
          title: document.title,
          headings: document.querySelectorAll('h1').length,
          landmarks: ['header', 'nav', 'main', 'footer'].map((each) => document.querySelectorAll(each).length),
          withoutScope: [...document.querySelectorAll('th:not([scope])')].length,
          withoutCaption: [...document.querySelectorAll('table')].filter((each) => each.caption === null).length,
          withoutLabel: [...document.querySelectorAll('input, select')].filter((each) => each.labels.length === 0).length,
          sameIds: [...document.querySelectorAll('[id]')].filter((each) => document.getElementById(each.id) !== each).length,
          deadLinks: [...document.querySelectorAll('a[href^="#"]')].filter((each) => document.querySelector(each.hash) === null).length,
          silentMarks: [...document.querySelectorAll('#matrix .mark')].filter((each) => each.querySelector('.unseen') === null).length,
        })`,
      ),
    ).toEqual({
      title: 'Attack report',
      headings: 1,
      landmarks: [1, 1, 1, 1],
      withoutScope: 0,
      withoutCaption: 0,
      withoutLabel: 0,
      sameIds: 0,
      deadLinks: 0,
      silentMarks: 0,
    });
    await close(opened);
  });

  it('prints in ink on paper, also where the screen is dark', async () => {
    const opened = await open(bigReport(), { colorScheme: 'dark' });
    const { page } = opened;
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.pdf({ path: join(SCREENSHOTS, 'attack-print.pdf'), preferCSSPageSize: true });
    await page.setViewportSize({ width: 1040, height: 720 });
    await page.screenshot({ path: join(SCREENSHOTS, 'attack-print.png'), fullPage: true });
    expect(await ask(page, 'getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect((await ask<{ found: string[] }>(page, LOW_CONTRAST)).found).toEqual([]);
    expect(await ask(page, 'document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
    await close(opened);
  });

  it.each([320, 1024])('needs no scrolling sideways at %i pixels', async (width) => {
    const opened = await open(bigReport(), { viewport: { width, height: 800 } });
    const over = await ask(opened.page, 'document.documentElement.scrollWidth - document.documentElement.clientWidth');
    if (width === 320) await opened.page.screenshot({ path: join(SCREENSHOTS, 'attack-narrow.png') });
    expect(over).toBe(0);
    await close(opened);
  });

  it('shows an attacker who wrote into it as the text that they wrote', async () => {
    const opened = await open(evilReport());
    const { page, complaints, requests } = opened;
    expect(await page.locator('img, iframe, object, embed, link, base, svg').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    expect(
      await ask(
        page,
        `[...document.querySelectorAll('*')].flatMap((each) => each.getAttributeNames()).filter((name) => /^on|^style$/.test(name))`,
      ),
    ).toEqual([]);
    const text = EVIL.split('\u001b', 1)[0]!.trim();
    expect(await page.locator('#broken bdi', { hasText: text }).count()).toBeGreaterThan(3);
    expect(await page.locator('#matrix bdi', { hasText: text }).count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
    await page.screenshot({ path: join(SCREENSHOTS, 'attack-attacked.png'), fullPage: true });
    await close(opened);
  });
});
