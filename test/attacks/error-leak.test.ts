/** Attacks that make an app fail and read what it says about itself. */

import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public } from '../../lib/authentication/public.decorator.js';
import { Returns } from '../../lib/responses/returns.decorator.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class QueryFailedError extends Error {
  override readonly name = 'QueryFailedError';
  readonly query = 'SELECT password_hash FROM users WHERE id = $1';
  readonly parameters = ['alice'];
  readonly driverError = { detail: 'Key (email)=(alice@example.com) already exists.', file: 'nbtinsert.c' };
}

class Search {
  @IsString() text!: string;
}

@Public()
@Controller()
class BreakingController {
  @Get('sql') @Returns(String) sql(): string {
    throw new QueryFailedError('duplicate key value violates unique constraint "users_email_key"');
  }
  @Get('http-client') @Returns(String) httpClient(): string {
    const config = { headers: { authorization: 'Bearer s3cret' }, url: 'http://10.0.0.7/internal' };
    throw Object.assign(new Error('Request failed with status code 403'), {
      status: 403,
      statusCode: 403,
      config,
      response: { status: 403, data: 'internal' },
    });
  }
  @Get('rejected') @Returns(String) async rejected(): Promise<string> {
    await Promise.reject(new Error(`ENOENT: no such file, open '/srv/app/config/prod.env'`));
    return '';
  }
  @Get('undefined') @Returns(String) undefinedProperty(): string {
    return (undefined as unknown as { name: string }).name;
  }
  @Get('json') @Returns(Object) json(): unknown {
    return {
      get broken() {
        throw new Error('select 1');
      },
    };
  }
  @Post('search') @Returns(Object) search(@Body() body: Search): object {
    return body;
  }
  @Get('search') @Returns(Object) find(@Query() query: Search): object {
    return query;
  }
}

/** Words by which an app gives itself away. */
const INSIDES =
  /\bat \S+ \(|\.ts|\.js|node_modules|\/srv|select|SELECT|constraint|QueryFailed|TypeError|SyntaxError|ENOENT|10\.0\.0|s3cret|stack|FST_|Express|fastify|Cannot|Unexpected|position|JSON/;

const JSON_TYPE = { 'content-type': 'application/json' };

describe.each(PLATFORMS)('error leaks on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [BreakingController] });
  });
  afterAll(() => t.close());

  it.each(['sql', 'http-client', 'rejected', 'undefined', 'json'])('says nothing of its insides: %s', async (path) => {
    const { status, text, headers } = await t.send(`GET /${path}`);
    expect(status).toBe(500);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['type', 'title', 'status', 'instance']);
    expect(text).not.toMatch(INSIDES);
  });

  it.each([
    ['malformed JSON', 400, 'POST /search', { headers: JSON_TYPE, body: '{"text": "s3cret' }],
    ['JSON of another kind', 400, 'POST /search', { headers: JSON_TYPE, body: '"s3cret"' }],
    ['an empty body', 400, 'POST /search', { headers: JSON_TYPE, body: '' }],
    [
      'an unknown charset',
      platform === 'fastify' ? 400 : 415,
      'POST /search',
      { headers: { 'content-type': 'application/json; charset=s3cret' }, body: '{}' },
    ],
    [
      'an unknown encoding',
      platform === 'fastify' ? 400 : 415,
      'POST /search',
      { headers: { ...JSON_TYPE, 'content-encoding': 's3cret' }, body: '{}' },
    ],
    ['an unknown type', 415, 'POST /search', { headers: { 'content-type': 's3cret/s3cret' }, body: 's3cret' }],
    [
      'a body that lies about its encoding',
      400,
      'POST /search',
      { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: 's3cret' },
    ],
    ['a huge body', 413, 'POST /search', { body: { text: 's3cret'.repeat(500_000) } }],
    ['a target that does not decode', platform === 'fastify' ? 400 : 404, 'GET /s3cret/%FF', {}],
    ['an unknown route', 404, 'GET /s3cret/../s3cret?s3cret', {}],
    ['a method that the route lacks', 404, 'DELETE /search', {}],
    ['a repeated parameter', 400, 'GET /search?text=s3cret&text=s3cret', {}],
  ])('neither echoes nor explains %s', async (_name, expected, line, sent) => {
    const { status, text, headers, body } = await t.send(line, sent);
    expect(body).toMatchObject({ status, title: expect.any(String) as string });
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['cache-control']).toBe('no-store');
    expect(text).not.toMatch(INSIDES);
    expect(status).toBe(expected);
  });

  it('logs what it does not say, by the number that it says', async () => {
    t.events.length = 0;
    const { body } = await t.send('GET /sql');
    const { instance } = body as { instance: string };
    const [event] = t.events.filter(({ kind }) => kind === 'server_failed');
    expect(event).toMatchObject({ incident: instance.slice('urn:uuid:'.length), reason: 'QueryFailedError' });
    expect(JSON.stringify(event)).not.toMatch(/SELECT|constraint|alice@/);
  });
});
