/** Prototype pollution: keys that reach Object.prototype through whatever copies the input. */

import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Public, secureApp } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class Note {
  @IsOptional()
  @IsString()
  text?: string;
}

let reached = 0;

@Public('tests')
@Controller('notes')
class Notes {
  @Post('dto')
  dto(@Body() _note: Note) {
    reached++;
  }
  @Post('schema')
  schema(@Body({ schema: z.looseObject({}) }) _note: unknown) {
    reached++;
  }
  @Post('any')
  any(@Body() _note: unknown) {
    reached++;
  }
  @Get()
  list(@Query() _query: Record<string, unknown>) {
    reached++;
  }
}

const BODIES = [
  '{"__proto__":{"polluted":true}}',
  '{"text":"a","\\u005f\\u005fproto\\u005f\\u005f":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":[{"b":{"__proto__":{"polluted":true}}}]}',
  '{"prototype":{"polluted":true}}',
  '{"__proto__":null}',
];

describe.each(PLATFORMS)('prototype pollution on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [Notes], prepare: (app) => secureApp(app) });
  });
  afterAll(() => t.close());

  const headers = { 'content-type': 'application/json' };

  it.each(BODIES.flatMap((body) => ['dto', 'schema', 'any'].map((route) => [body, route])))(
    'refuses %s for %s',
    async (body, route) => {
      reached = 0;
      const answer = await t.send(`POST /notes/${route}`, { body, headers });
      expect(answer.status).toBe(400);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ status: 400 });
      expect(reached).toBe(0);
      expect({}).not.toHaveProperty('polluted');
    },
  );

  it.each(['__proto__=1', '__proto__[polluted]=1&__proto__=2', 'constructor=1', 'a=1&prototype=1', '%5f%5fproto__=1'])(
    'refuses the query ?%s',
    async (query) => {
      reached = 0;
      expect((await t.send(`GET /notes?${query}`)).status).toBe(400);
      expect(reached).toBe(0);
      expect({}).not.toHaveProperty('polluted');
    },
  );

  it('refuses a form, or reads it without the key', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    reached = 0;
    expect((await t.send('POST /notes/any', { body: 'constructor=1', headers: form })).status).toBe(400);
    expect(reached).toBe(0);
    // Express' parser drops this key, Fastify's refuses it.
    await t.send('POST /notes/any', { body: '__proto__=1&__proto__[polluted]=1', headers: form });
    expect({}).not.toHaveProperty('polluted');
  });

  it('lets other keys through', async () => {
    reached = 0;
    expect((await t.send('POST /notes/any', { body: { proto: { constructors: 1 } } })).status).toBe(201);
    expect((await t.send('GET /notes?proto=1')).status).toBe(200);
    expect(reached).toBe(2);
  });

  it.each<[string, string]>([
    ['nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['objects inside objects', `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`],
    ['keys', JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, key) => [`k${key}`, 1])))],
    ['entries', JSON.stringify({ list: Array.from({ length: 10_001 }, () => 1) })],
  ])('refuses too many %s', async (_what, body) => {
    reached = 0;
    const answer = await t.send('POST /notes/any', { body, headers });
    expect(answer.status).toBe(400);
    expect(reached).toBe(0);
  });

  it.each(['hasOwnProperty', 'toString', 'valueOf', '__defineGetter__', 'isPrototypeOf'])(
    'refuses %s as a key, which every object has already',
    async (key) => {
      const answer = await t.send('POST /notes/any', { body: `{"a":{"${key}":{}}}`, headers });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: `#/a/${key}` }] } });
    },
  );

  it.each(['{', 'null,', '{"a":1}}', "{'a':1}", '{"a":NaN}', '\u0000', '[1,]'])('refuses %j as JSON', async (body) => {
    const answer = await t.send('POST /notes/dto', { body, headers });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 400 });
    expect(answer.text).not.toContain('JSON at position');
  });
});
