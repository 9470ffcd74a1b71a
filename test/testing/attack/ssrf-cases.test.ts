/** Does the kit see an app that calls wherever it is told to, or believes whatever it is answered? */

import {
  BadGatewayException,
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  type INestApplication,
} from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Returns, SafeHttpClient, SafeUrl, secureApp, ThirdPartyClient } from '../../../lib/index.js';
import { attack } from '../../../lib/testing/attack/attack.js';
import type { AttackOptions } from '../../../lib/testing/attack/attack.options.js';
import { openCanary, withoutWayTo } from '../../../lib/testing/attack/wire/canary.js';
import { hostileUpstream, type HostileUpstream } from '../../../lib/testing/hostile-upstream.js';
import { bootApp, PLATFORMS, type TestApp } from '../../app.js';

class SafeInput {
  @SafeUrl()
  url!: string;
}

class AnyInput {
  @IsString()
  @Length(1, 2048)
  url!: string;
}

class Partner {
  @IsString()
  @Length(1, 20)
  name!: string;
}

let base = '';

@Controller()
class Calls {
  constructor(
    @Inject(SafeHttpClient) private readonly http: SafeHttpClient,
    @Inject(ThirdPartyClient) private readonly partners: ThirdPartyClient,
  ) {}

  @Post('sound')
  @HttpCode(200)
  async sound(@Body() { url }: SafeInput) {
    return { length: (await (await this.http.fetch(url, { pointer: '#/url' })).text()).length };
  }

  /** Anything goes. */
  @Post('naive')
  @HttpCode(200)
  async naive(@Body() { url }: AnyInput) {
    return { status: (await fetch(url).catch(() => undefined))?.status ?? 0 };
  }

  /** What is usually written is refused. */
  @Post('names')
  @HttpCode(200)
  async names(@Body() { url }: AnyInput) {
    if (/^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])/.test(url)) throw new BadRequestException('url');
    return { status: (await fetch(url).catch(() => undefined))?.status ?? 0 };
  }

  /** This machine is refused however it is spelt, and what is beside it is forgotten. */
  @Post('neighbours')
  @HttpCode(200)
  async neighbours(@Body() { url }: AnyInput) {
    const { hostname } = new URL(url);
    if (!/^\d/.test(hostname) || /^(?:127|0)\./.test(hostname)) throw new BadRequestException('url');
    return { status: (await fetch(url).catch(() => undefined))?.status ?? 0 };
  }

  /** Kept for later. */
  @Post('webhooks')
  keep(@Body() { url }: AnyInput) {
    return { kept: url.length };
  }

  /** One host is allowed, and it may send the app anywhere. */
  @Post('listed')
  @HttpCode(200)
  async listed(@Body() { url }: AnyInput) {
    if (!url.startsWith(base)) throw new BadRequestException('url');
    return { status: (await fetch(url).catch(() => undefined))?.status ?? 0 };
  }

  @Post('once')
  @HttpCode(200)
  async listedOnce(@Body() { url }: AnyInput) {
    if (!url.startsWith(base)) throw new BadRequestException('url');
    return { status: (await fetch(url, { redirect: 'manual' })).status };
  }

  @Get('partner')
  partner() {
    return this.partners.get('partners', '/partner', { schema: Partner });
  }

  @Get('partner-through')
  @Returns(Object)
  async through() {
    return (await fetch(base)).json();
  }

  @Get('partner-followed')
  async followed() {
    const answer = await fetch(base, { signal: AbortSignal.timeout(300) }).catch(() => undefined);
    const said = (await answer?.json().catch(() => undefined)) as Partner | undefined;
    if (answer?.status !== 200 || typeof said?.name !== 'string') throw new BadGatewayException();
    return { name: said.name };
  }
}

describe.each(PLATFORMS)('ssrf and upstream cases on %s', (platform) => {
  let test: TestApp;
  let upstream: HostileUpstream;
  beforeAll(async () => {
    upstream = await hostileUpstream({ answer: { name: 'Acme' } });
    base = upstream.url;
    test = await bootApp({
      platform,
      controllers: [Calls],
      prepare: (app: INestApplication) => secureApp(app),
      security: {
        outbound: {
          upstreams: {
            partners: { baseUrl: upstream.url, timeoutMs: 900, retries: 0, dangerouslyAllowPrivate: [upstream.host] },
          },
        },
      },
    });
  });
  afterAll(async () => {
    await test.close();
    await upstream.close();
  });

  async function whyAt(options: AttackOptions): Promise<string | undefined> {
    const { results } = await attack(test.app, options);
    expect(results).toHaveLength(1);
    return results[0]!.verdict === 'held' ? 'held' : `${results[0]!.verdict}: ${results[0]!.why}`;
  }

  it('reports nothing of an app that asks public addresses only', async () => {
    expect(await whyAt({ only: ['POST /sound ssrf/loopback'] })).toBe('held');
  });

  it.each([
    ['naive', /^broken: the app called http:\/\/127\.0\.0\.1:PORT\/, as "url" told it$/],
    ['names', /^broken: the app called http:\/\/2130706433:PORT\/, as "url" told it$/],
    ['neighbours', /^broken: the app called http:\/\/169\.254\.169\.254\/latest\/meta-data\/, as "url" told it$/],
    ['webhooks', /^broken: http:\/\/127\.0\.0\.1:PORT\/ was taken as "url"$/],
  ])('finds an app that is told where to call: %s', async (path, why) => {
    expect(await whyAt({ only: [`POST /${path} ssrf/loopback`] })).toMatch(why);
  });

  it('finds a redirect that is followed to this machine, and reports nothing where it is not', async () => {
    expect(await whyAt({ upstream, only: ['POST /once ssrf/redirect'] })).toBe('held');
    expect(await whyAt({ upstream, only: ['POST /listed ssrf/redirect'] })).toBe(
      'broken: a redirect led the app to this machine, by "url"',
    );
    expect(await whyAt({ only: ['POST /listed ssrf/redirect'] })).toContain('not-tried: no page that the app may ask');
  });

  it('reports nothing of an app that checks what an upstream answers', async () => {
    const fixtures = { 'GET /partner': { own: {}, upstream: true } };
    expect(await whyAt({ upstream, fixtures, only: ['GET /partner upstream/'] })).toBe('held');
    expect(await whyAt({ fixtures, only: ['GET /partner upstream/'] })).toContain('not-tried: the option `upstream`');
  });

  it.each([
    ['partner-through', 'broken: what the upstream says (poisoned) is passed on'],
    ['partner-followed', 'broken: a redirect of the upstream was followed to this machine'],
  ])('finds an app that believes an upstream: %s', async (path, why) => {
    const fixtures = { [`GET /${path}`]: { own: {}, upstream: true } };
    expect(await whyAt({ upstream, fixtures, only: [`GET /${path} upstream/`] })).toBe(why);
  });

  it('says what would help where the upstream is not asked', async () => {
    const fixtures = { 'GET /partner': { own: {}, upstream: true } };
    const other = await hostileUpstream();
    expect(await whyAt({ upstream: other, fixtures, only: ['GET /partner upstream/'] })).toBe(
      'not-tried: the app did not ask the upstream: point its base URL to upstream.url',
    );
    await other.close();
  });
});

describe('a way that is closed', () => {
  it('lets nothing through to one address, and everything else', async () => {
    const canary = await openCanary();
    const { result, wasAsked } = await withoutWayTo('192.0.2.7', async () => ({
      open: (await fetch(`http://127.0.0.1:${canary.port}/`)).status,
      closed: await fetch('http://192.0.2.7/').then(
        () => 'reached',
        () => 'refused',
      ),
    }));
    await canary.close();
    expect([result, wasAsked, canary.hits]).toEqual([{ open: 200, closed: 'refused' }, true, 2]);
  });
});

describe('hostileUpstream', () => {
  it('refuses options and behaviours that it does not know', async () => {
    await expect(hostileUpstream({ anwser: {} } as never)).rejects.toThrow(/anwser.*[Dd]id you mean/s);
    const upstream = await hostileUpstream({ answer: (path: string) => [{ path }] });
    expect(() => upstream.behave('hugh' as never)).toThrow(TypeError);
    expect(await (await fetch(`${upstream.url}/a`)).json()).toEqual([{ path: '/a' }]);
    upstream.behave('error');
    expect((await fetch(upstream.url)).status).toBe(500);
    expect(upstream.requests).toBe(2);
    await upstream.close();
  });
});
