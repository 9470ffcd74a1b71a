/** What the files for people with containers promise the shop, the shop has to know. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, ROOT } from '../architecture/sources.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sources = ['sample-app', 'lib'].flatMap((folder) =>
  filesBelow(join(ROOT, folder))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join(folder, file))),
);
const isKnown = (name: string): boolean => sources.some((text) => new RegExp(`\\b${name}\\b`).test(text));

describe('compose.yaml', () => {
  const compose = read('compose.yaml');
  const shop = /environment: &shop-environment\n((?: {4}.*\n)+)/.exec(compose)![1]!;
  const names = [...shop.matchAll(/^ {4}([A-Z][A-Z0-9_]*):/gm)].map(([, name]) => name!);

  it('sets nothing that the shop does not know', () => {
    expect(names).toEqual(expect.arrayContaining(['REDIS_URL', 'DATABASE_URL', 'SHOP_INSTANCES']));
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
    expect(isKnown('SHOP_INSTANCE')).toBe(false);
  });

  it('says how many instances there are', () => {
    const instances = compose.match(/^ {2}shop-\d+:$/gm)!;
    expect(compose).toContain(`SHOP_INSTANCES: ${instances.length}`);
  });

  it('keeps what Redis was told', () => {
    expect(compose).toMatch(/redis-server .*--appendonly yes/);
    expect(compose).toMatch(/redis-server .*--maxmemory-policy noeviction/);
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('asks for nothing that the shop does not know, and copies what is there', () => {
    const names = [...dockerfile.matchAll(/process\.env\.([A-Z_]+)/g)].map(([, name]) => name!);
    expect(names).toEqual(['PORT']);
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
    for (const [, copied] of dockerfile.matchAll(/^COPY (.*) \S+$/gm))
      for (const path of copied!.split(' ')) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });
});
