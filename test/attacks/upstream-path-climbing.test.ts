/** An id that is really a path: `/partners/..%2f..%2fadmin` makes a service of ours ask another service for its admin page. */

import 'reflect-metadata';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Public, Returns, ThirdPartyClient } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { json, openSite, type Site } from '../outbound/third-party-site.js';

class Thing {
  @IsString() id!: string;
}

@Controller('things')
class ThingsController {
  constructor(@Inject(ThirdPartyClient) private readonly client: ThirdPartyClient) {}

  @Get('one/:id')
  @Public('a test')
  @Returns(Thing)
  one(@Param('id') id: string) {
    return this.client.get('things', '/v1/things/:id/details', { params: { id }, schema: Thing });
  }

  /** What nobody should write: the id is pasted into the path. */
  @Get('pasted')
  @Public('a test')
  @Returns(Thing)
  pasted(@Query('id') id: string) {
    return this.client.get('things', `/v1/things/${id}`, { schema: Thing });
  }
}

const CLIMBS = [
  '..%2f..%2fadmin',
  '..%2F..%2Fadmin%3F',
  '..%5c..%5cadmin',
  '%2e%2e%2fadmin',
  '%252e%252e%252fadmin',
  '..%252fadmin',
  '..%3b%2fadmin',
  'x%2f..%2f..%2fadmin',
  '..%00',
  'x%00%2f..',
  '..%0d%0aHost:%20evil.test',
];

const HARMLESS: readonly (readonly [sent: string, asked: string])[] = [
  ['%40evil.test', '%40evil.test'],
  ['%2f%2fevil.test', '%2F%2Fevil.test'],
  ['evil.test%3a80', 'evil.test%3A80'],
  ['%5cevil.test', '%5Cevil.test'],
  ['x%3fadmin%3d1', 'x%3Fadmin%3D1'],
  ['x%23', 'x%23'],
  ['http%3a%2f%2fevil.test', 'http%3A%2F%2Fevil.test'],
];

describe.each(PLATFORMS)('a path made of a parameter on %s', (platform) => {
  let site: Site;
  let app: TestApp;
  beforeAll(async () => {
    site = await openSite(json({ id: 'a' }));
    const things = { baseUrl: `${site.url}/base`, dangerouslyAllowPrivate: [site.host] };
    app = await bootApp({
      platform,
      security: { outbound: { upstreams: { things } } },
      controllers: [ThingsController],
    });
  });
  beforeEach(() => {
    site.asked.length = 0;
  });
  afterAll(async () => {
    await app.close();
    await site.close();
  });

  it.each(CLIMBS)('cannot climb with %s', async (id) => {
    const answer = await app.send(`GET /things/one/${id}`);
    expect(answer.status).toBeOneOf([400, 404]);
    expect(answer.text).not.toContain('admin');
    expect(site.asked).toEqual([]);
  });

  it.each(HARMLESS)('stays one segment of the same host with %s', async (sent, asked) => {
    const { status } = await app.send(`GET /things/one/${sent}`);
    expect(status).toBe(200);
    expect(site.asked).toMatchObject([{ target: `/base/v1/things/${asked}/details`, headers: { host: site.host } }]);
  });

  it.each(['../../admin', '..', '/evil.test', '@evil.test', '#', '%2e%2e/admin', 'a b', '\\evil', ''])(
    'is refused where %j was pasted into it',
    async (id) => {
      const { status } = await app.send(`GET /things/pasted?id=${encodeURIComponent(id)}`);
      // Nothing is pasted: that is the collection, and asked for as such.
      if (id === '') return expect(site.asked).toMatchObject([{ target: '/base/v1/things/' }]);
      expect([status, site.asked]).toEqual([400, []]);
    },
  );

  it('is told as a mistake of whoever wrote it where a query was pasted into it, and nobody is asked', async () => {
    const { status, text } = await app.send(`GET /things/pasted?id=${encodeURIComponent('?admin=1')}`);
    expect([status, site.asked]).toEqual([500, []]);
    expect(text).not.toContain('admin');
  });

  it('works for an id that is one', async () => {
    expect(await app.send('GET /things/one/a')).toMatchObject({ status: 200, body: { id: 'a' } });
    expect(await app.send('GET /things/pasted?id=a-1')).toMatchObject({ status: 200 });
  });
});
