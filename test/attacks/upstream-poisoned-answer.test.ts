/** A partner who was taken over answers with more than data: keys that reach prototypes, roles nobody gave, pages, bombs. */

import 'reflect-metadata';
import { gzipSync } from 'node:zlib';
import { Allow, IsObject, IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientOf, json, openSite, type Reply, type Site } from '../outbound/third-party-site.js';

class User {
  @IsString() id!: string;
  @IsObject() settings!: Record<string, unknown>;
  @Allow() more?: unknown;
}

class Account {
  @IsString() id!: string;
  isAdmin = false;
}

let site: Site;
beforeAll(async () => {
  site = await openSite(json({}));
});
afterAll(() => site.close());

const manyKeys = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]));

const ask = <T extends object>(reply: Reply, schema: new () => T) => {
  site.replies = [reply];
  return clientOf(site, { retries: 0, maxBytes: 800_000 }).client.get('partners', '/v1', { schema });
};

const POISON = `{
  "id": "a", "__proto__": { "isAdmin": true },
  "settings": { "theme": "dark", "constructor": { "prototype": { "isAdmin": true } }, "__proto__": { "x": 1 } },
  "more": [{ "prototype": 1, "__proto__": { "isAdmin": true }, "kept": [{ "__proto__": 1, "deep": 2 }] }]
}`;

describe('a poisoned answer', () => {
  it('has no key that reaches a prototype, at any depth', async () => {
    const user = await ask(json(POISON), User);
    expect(JSON.parse(JSON.stringify(user))).toEqual({
      id: 'a',
      settings: { theme: 'dark' },
      more: [{ kept: [{ deep: 2 }] }],
    });
    expect((user as unknown as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    expect(Object.getPrototypeOf(user)).toBe(User.prototype);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  it('has none for a schema either, even one that lets everything through', async () => {
    site.replies = [json(POISON)];
    const answer = await clientOf(site).client.get('partners', '/v1', { schema: z.looseObject({ id: z.string() }) });
    expect(Object.keys(answer!)).toEqual(['id', 'settings', 'more']);
    expect(JSON.stringify(answer)).not.toMatch(/isAdmin|constructor|prototype/);
  });

  it('sets no field that carries no rule', async () => {
    const account = await ask(json({ id: 'a', isAdmin: true }), Account);
    expect(account?.isAdmin).not.toBe(true);
  });

  it.each<[string, Reply]>([
    ['a key that ends every object', json('{"id":"a","settings":{"hasOwnProperty":1},"toString":{}}')],
    ['twins, of which the last would count', json('{"id":1,"id":"a","settings":{}}')],
  ])('does no harm with %s', async (_what, reply) => {
    const user = await ask(reply, User);
    expect(user).toMatchObject({ id: 'a' });
    expect(Object.keys(user!)).not.toContain('toString');
  });

  it('may have a thousand keys', async () => {
    const user = await ask(json({ id: 'a', settings: manyKeys(1_000) }), User);
    expect(Object.keys(user!.settings)).toHaveLength(1_000);
  });

  it.each<[string, Reply]>([
    ['more objects than anybody would read', json({ id: 'a', settings: {}, more: Array(25_000).fill({}) })],
    ['more keys in one object than anybody would read', json({ id: 'a', settings: manyKeys(1_001) })],
    ['more keys in all', json({ id: 'a', settings: {}, more: Array(60).fill(manyKeys(900)) })],
    ['a list in place of a text', json({ id: ['a'], settings: {} })],
    ['an object in place of a text', json({ id: { toString: 'x' }, settings: {} })],
    ['a nest without a bottom', json(`{"id":"a","settings":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}`)],
    [
      'a bomb',
      (_request, response) => {
        const bomb = gzipSync(JSON.stringify({ id: 'a', settings: { x: 'x'.repeat(1_000_000) } }));
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(bomb);
      },
    ],
    ['a page in the guise of JSON', json('<html>{"id":"a"}</html>')],
    ['JSON in the guise of a page', (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('{"id":"a","settings":{}}')], // prettier-ignore
    ['text behind it', json('{"id":"a","settings":{}}{"id":"b"}')],
  ])('is refused with %s', async (_what, reply) => {
    await expect(ask(reply, User)).rejects.toMatchObject({ code: 'bad_gateway' });
  });
});
