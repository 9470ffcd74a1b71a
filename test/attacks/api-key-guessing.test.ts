/** Guessing API keys (API2): made-up keys, known ids, and what the answers and the time taken tell of them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApiKey } from '../../lib/authentication/api-key/api-key.js';
import { bootKeys, type KeyApp } from '../api-key/app.js';
import { librarySources } from '../architecture/sources.js';
import { PLATFORMS } from '../app.js';

describe.each(PLATFORMS)('a guessed API key on %s', (platform) => {
  let t: KeyApp;
  beforeAll(async () => {
    t = await bootKeys({ platform, more: { throttling: {} } });
  });
  afterAll(() => t.close());

  it('gets one same answer, whatever is wrong with it', async () => {
    const { id } = await t.issue();
    const guesses = ['x', 'bwk_', newApiKey().text, newApiKey(id).text, `bwk_${id}_`, 'null', '%00', '[object Object]'];
    const answers = [];
    for (const guess of guesses) {
      const { status, headers, text } = await t.get('/key', guess);
      answers.push(JSON.stringify([status, headers['www-authenticate'], headers['content-type'], text]));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('401');
  });

  it('asks the store for nothing that has not the checksum', async () => {
    t.store.asked.length = 0;
    const { text } = newApiKey();
    for (let guess = 0; guess < 20; guess++)
      await t.get('/key', `${text.slice(0, -6)}${String(guess).padStart(6, '0')}`);
    expect(t.store.asked).toEqual([]);
  });

  it('is stopped per address, and not charged to the owner of the id', async () => {
    const { id, key } = await t.issue();
    expect((await t.get('/key', key)).status).toBe(200);
    let last = 0;
    for (let guess = 0; guess < 110 && last !== 429; guess++) {
      const headers = { 'x-api-key': newApiKey(id).text };
      ({ status: last } = await t.send('GET /key', { headers, from: '127.0.0.9' }));
    }
    expect(last).toBe(429);
    expect((await t.get('/key', key)).status).toBe(200);
  });

  it('opens nothing by its digest, which is what a stolen table holds', async () => {
    const { id } = await t.issue();
    const { digest } = (await t.store.find(id))!;
    for (const text of [digest, `bwk_${id}_${digest}_000000`]) expect((await t.get('/key', text)).status).toBe(401);
  });
});

describe('the secret of a key', () => {
  it('is compared in constant time, wherever digests meet', () => {
    const files = librarySources().filter(({ path }) => path.startsWith('authentication/api-key/'));
    expect(files.length).toBeGreaterThan(10);
    const compared = files.filter(({ text }) => /digest\w*\s*[!=]==|[!=]==\s*\w*\.?digest/i.test(text));
    expect(compared.map(({ path }) => path)).toEqual([]);
    const judge = readFileSync(join('lib', 'authentication', 'api-key', 'api-key-verdict.ts'), 'utf8');
    expect(judge.match(/equalSecrets\(/g)).toHaveLength(2);
  });
});
