/** Does the attack find holes that were made on purpose, and nothing in the shop without them? The whole of it: `npm run attack:seeded`. */

import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALL_CASES } from '../../../lib/testing/attack/case-list.js';
import { attack } from '../../../lib/testing/index.js';
import config from '../../../sample-app/attack.config.js';
import { attackHole, isFound, whyNot } from '../../../vulnerable-app/attack-hole.js';
import { inventoryOf } from '../../../vulnerable-app/attack-options.js';
import { HOLES, holeOf } from '../../../vulnerable-app/hole-list.js';
import { createVulnerableShop } from '../../../vulnerable-app/vulnerable-shop.js';
import { PLATFORMS } from '../../app.js';

const FOLDER = fileURLToPath(new URL('../../../vulnerable-app/holes', import.meta.url));
const BASELINE = inventoryOf(new URL('../../../', import.meta.url));

describe('the list of holes', () => {
  it('has every file of the folder, under its name', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    expect(HOLES.map(({ id }) => id).toSorted()).toEqual(files.map((file) => basename(file, '.hole.ts')).toSorted());
  });

  it('has holes of every item of the OWASP API Security Top 10', () => {
    const items = new Set(HOLES.map(({ owasp }) => owasp));
    expect(items).toEqual(new Set(Array.from({ length: 10 }, (_, index) => `API${index + 1}:2023`)));
  });

  it('expects cases that there are', () => {
    const known = new Set(ALL_CASES.map(({ id }) => id));
    expect(HOLES.filter(({ expects }) => !known.has(expects)).map(({ id }) => id)).toEqual([]);
  });

  it('leaves few to the committed inventory', () => {
    expect(HOLES.filter(({ needsBaseline }) => needsBaseline).length).toBeLessThanOrEqual(4);
  });
});

describe.each(PLATFORMS)('the vulnerable shop on %s', (platform) => {
  // One by its objects, one by its answers, one by its edge. All of them: `npm run attack:seeded`.
  const some = ['order-of-anybody', 'me-with-the-hash', 'cors-by-suffix'];

  it.each(some)('is found to have the hole %s', async (id) => {
    const hole = holeOf(id);
    const report = await attackHole(hole, platform, BASELINE);
    expect(isFound(hole, report), whyNot(hole, report)).toBe(true);
  });

  it('is found to have none where none is switched on', async () => {
    const app = await createVulnerableShop({ platform });
    const only = ['GET /orders/:id', 'GET /me', 'GET /analytics object/'];
    const report = await attack(app, { ...config, only });
    await app.close();
    expect(report.results.filter(({ verdict }) => verdict === 'broken')).toEqual([]);
    expect(report.held).toBeGreaterThan(20);
  });
});

describe('the vulnerable shop', () => {
  it('does not start in production', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(createVulnerableShop()).rejects.toThrow('NODE_ENV');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('has no hole of an unknown name', async () => {
    await expect(createVulnerableShop({ holes: ['order-of-nobody'] })).rejects.toThrow('order-of-anybody');
  });
});
