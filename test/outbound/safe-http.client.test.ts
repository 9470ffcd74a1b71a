import 'reflect-metadata';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { IsIn, IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SecurityEvents, type SecurityEvent } from '../../lib/core/events.js';
import { Public, Returns, SafeHttpClient, type OutboundOptions } from '../../lib/index.js';
import { outboundSettings } from '../../lib/outbound/outbound.options.js';
import { bootApp, FrozenClock, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { hang, html, json, openSite, reset, type Reply, type Site } from './third-party-site.js';

class Thing {
  @IsString() id!: string;
}

let site: Site;
beforeAll(async () => {
  site = await openSite(json({ id: 'a' }));
});
beforeEach(() => {
  site.asked.length = 0;
  site.replies = [json({ id: 'a' })];
});
afterAll(() => site.close());

/** The site's own host may be private, and no other. */
const clientOf = (options: OutboundOptions = {}) => {
  const heard: SecurityEvent[] = [];
  const events = new SecurityEvents();
  events.subscribe('debug', (event) => heard.push(event));
  const settings = outboundSettings({ schemes: ['https', 'http'], dangerouslyAllowPrivate: [site.host], ...options });
  return { http: new SafeHttpClient(settings, events, new FrozenClock()), events: heard };
};

/** Not what a server should read forms by, and there all the same. */
const formOf = (response: Response): Promise<unknown> =>
  (response as unknown as { formData(): Promise<unknown> }).formData();

const lookup: OutboundOptions['lookup'] = (hostname, _options, callback) => {
  if (hostname === 'inside.example') callback(null, [{ address: '10.0.0.7', family: 4 }]);
  else callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), []);
};

describe('the safe HTTP client', () => {
  it('fetches, with the standard answer', async () => {
    const { http } = clientOf();
    const response = await http.fetch(new URL(`${site.url}/x?y=1`), {
      method: 'POST',
      body: 'hi',
      headers: { 'x-a': 'b' },
    });
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.url, response.redirected]).toEqual([200, `${site.url}/x?y=1`, false]);
    expect(await response.json()).toEqual({ id: 'a' });
    expect(site.asked).toMatchObject([{ method: 'POST', target: '/x?y=1', body: 'hi', headers: { 'x-a': 'b' } }]);
  });

  it('takes any status for an answer', async () => {
    site.replies = [html('gone', 410)];
    const response = await clientOf().http.fetch(site.url);
    expect([response.ok, response.status, await response.text()]).toEqual([false, 410, 'gone']);
  });

  it.each([
    ['an address inside', 'https://10.0.0.1/', /address_refused/],
    ['another port of a private host', 'http://127.0.0.1:1/', /address_refused/],
    ['a name that leads inside', 'https://inside.example/', /address_refused/],
    ['a name that nobody knows', 'https://nowhere.example/', /dns_failed/],
    ['no URL', 'nonsense', /url_refused/],
    ['credentials', 'https://u:p@example.com/', /url_refused/],
    ['another scheme', 'file:///etc/passwd', /scheme_refused/],
    ['another port', 'https://example.com:22/', /port_refused/],
  ])('refuses %s, always in the same words', async (_what, url, reason) => {
    const { http, events } = clientOf({ lookup });
    const error: unknown = await http.fetch(url, { pointer: '#/link' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_input', reason: expect.stringMatching(reason), recorded: false });
    expect((error as { problem: unknown }).problem).toEqual({
      type: 'about:blank',
      title: 'The input is not what this endpoint accepts.',
      status: 400,
      errors: [{ detail: 'link must be a URL that this API may ask', pointer: '#/link' }],
    });
    // Whoever answers the request knows whose it was, and tells.
    expect(events).toEqual([]);
  });

  it('says nothing of the place where nobody named it', async () => {
    const error: unknown = await clientOf()
      .http.fetch('https://10.0.0.1')
      .catch((thrown: unknown) => thrown);
    expect((error as { problem: unknown }).problem).not.toHaveProperty('errors');
  });

  it('refuses a redirect, and follows as many as it may', async () => {
    const moved: Reply = (_request, response) => void response.writeHead(302, { location: '/new' }).end();
    site.replies = [moved];
    const { http } = clientOf();
    await expect(http.fetch(site.url)).rejects.toMatchObject({ code: 'invalid_input', reason: /redirect_refused/ });
    site.replies = [moved, json({ id: 'b' })];
    const response = await http.with({ redirects: 1 }).fetch(site.url);
    expect([response.url, response.redirected, await response.json()]).toEqual([`${site.url}/new`, true, { id: 'b' }]);
    site.replies = [(_request, answer) => void answer.writeHead(302, { location: 'http://10.0.0.1/' }).end()];
    await expect(http.with({ redirects: 5 }).fetch(site.url)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it.each<[string, Reply, string, RegExp]>([
    ['hangs up', reset, 'bad_gateway', /^network: /],
    ['never answers', hang, 'gateway_timeout', /^timeout: /],
    ['announces too much', (_, response) => response.writeHead(200, { 'content-length': '9999' }).flushHeaders(), 'bad_gateway', /^too_large: /], // prettier-ignore
  ])('tells a server that %s from an address that is refused', async (_what, reply, code, reason) => {
    site.replies = [reply];
    const { http, events } = clientOf({ timeoutMs: 200, maxBytes: 500 });
    await expect(http.fetch(`${site.url}/secret?token=1`)).rejects.toMatchObject({ code, recorded: true });
    expect(events).toEqual([
      {
        kind: 'upstream_failed',
        timeMs: START_MS,
        level: 'warning',
        subject: {},
        upstream: site.host,
        code,
        reason: expect.stringMatching(reason),
        attempts: 1,
      },
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  const broken: Reply = (request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('begin');
    setImmediate(() => request.socket.destroy());
  };
  const endless: Reply = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('x'.repeat(400));
    response.write('x'.repeat(400));
  };
  const dripping: Reply = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('x');
  };
  it.each<[string, Reply, string]>([
    ['breaks off', broken, 'bad_gateway'],
    ['is too large', endless, 'bad_gateway'],
    ['never ends', dripping, 'gateway_timeout'],
  ])('fails in the same way when a body %s', async (_what, reply, code) => {
    site.replies = [reply];
    const { http, events } = clientOf({ timeoutMs: 200, maxBytes: 500 });
    for (const read of ['text', 'json', 'arrayBuffer', 'blob'] as const) {
      // What is too large may be known before anybody reads it.
      const text = http.fetch(site.url).then((response) => response[read]());
      await expect(text, read).rejects.toMatchObject({ code });
    }
    expect(events).toHaveLength(4);
  });

  it('takes a body that is no JSON for a failure of the other side', async () => {
    site.replies = [html('<p>')];
    const response = await clientOf().http.fetch(site.url);
    await expect(response.json()).rejects.toMatchObject({
      code: 'bad_gateway',
      reason: 'outbound: the answer is no JSON',
    });
  });

  it('takes a form that is none for a failure of the other side, and one that is read twice for ours', async () => {
    site.replies = [html('<p>')];
    const { http, events } = clientOf();
    const page = await http.fetch(site.url);
    await expect(formOf(page)).rejects.toMatchObject({
      code: 'bad_gateway',
      reason: 'outbound: the answer is no form',
    });
    expect(events).toMatchObject([{ kind: 'upstream_failed', reason: 'the answer is no form' }]);
    const read = await http.fetch(site.url);
    await read.text();
    await expect(formOf(read)).rejects.toThrow(TypeError);
  });

  it('tells when it is our DNS that has no answer, and tells the client nothing of it', async () => {
    const busy: OutboundOptions['lookup'] = (_name, _options, callback) =>
      callback(Object.assign(new Error('EAI_AGAIN'), { code: 'EAI_AGAIN' }), []);
    const { http, events } = clientOf({ lookup: busy });
    await expect(http.fetch('https://example.com/')).rejects.toMatchObject({ code: 'invalid_input' });
    expect(events).toMatchObject([
      { kind: 'upstream_failed', upstream: 'example.com', reason: 'dns_failed: looking up example.com: EAI_AGAIN' },
    ]);
    const unknown = clientOf({ lookup });
    await expect(unknown.http.fetch('https://nowhere.example/')).rejects.toMatchObject({ code: 'invalid_input' });
    expect(unknown.events).toEqual([]);
  });

  it('survives a look-up that fails as a promise', async () => {
    const broken = (() => Promise.reject(new Error('oops'))) as unknown as NonNullable<OutboundOptions['lookup']>;
    await expect(clientOf({ lookup: broken }).http.fetch('https://example.com/')).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  it('leaves alone what its caller ended', async () => {
    site.replies = [hang];
    const stop = new AbortController();
    const { http, events } = clientOf();
    const answer = http.fetch(site.url, { signal: stop.signal });
    stop.abort(new Error('closed the tab'));
    await expect(answer).rejects.toThrow('closed the tab');
    expect(events).toEqual([]);
  });

  it.each<Record<string, string>>([
    { 'x-a': 'b\r\nx-c: d' },
    { host: 'other.example' },
    { 'a b': 'c' },
    { 'x-a': 'b\u0001' },
    { 'x-a': 'b\u007F' },
  ])('refuses the headers %j as input', async (headers) => {
    await expect(clientOf().http.fetch(site.url, { headers })).rejects.toMatchObject({ code: 'invalid_input' });
    expect(site.asked).toEqual([]);
  });

  it('reads JSON of a known shape', async () => {
    site.replies = [json({ id: 'a', role: 'admin' })];
    const { http } = clientOf();
    const thing = await http.getJson(site.url, { schema: Thing });
    expect(thing).toBeInstanceOf(Thing);
    expect({ ...thing }).toEqual({ id: 'a' });
    expect(site.asked[0]!.headers.accept).toBe('application/json');
  });

  it.each<[string, Reply, string]>([
    ['of another shape', json({ id: 1 }), 'the answer does not fit at /id'],
    ['of another type', html('<p>'), 'the answer has another content type than JSON'],
    ['of another status', json({ id: 'a' }, 404), 'status 404'],
  ])('refuses JSON %s', async (_what, reply, reason) => {
    site.replies = [reply];
    const { http, events } = clientOf();
    await expect(http.getJson(site.url, { schema: Thing })).rejects.toMatchObject({ code: 'bad_gateway' });
    expect(events).toMatchObject([{ kind: 'upstream_failed', reason }]);
    await expect(http.getJson(site.url, { schema: Object })).rejects.toThrow('vouches for nothing');
  });

  it('keeps what it may reach apart from what its variations may', async () => {
    const { http } = clientOf();
    const narrow = http.with({ allowedHosts: ['example.com'] });
    await expect(narrow.fetch(site.url)).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await http.fetch(site.url)).status).toBe(200);
    expect(() => http.with({ redirect: 1 } as never)).toThrow(
      'SafeHttpClient.with.redirect: unknown option. Did you mean `SafeHttpClient.with.redirects`?',
    );
  });
});

class FetchInput {
  @IsString() url!: string;
  @IsIn(['text', 'fetch']) how!: string;
}

@Controller('fetch')
class FetchController {
  constructor(@Inject(SafeHttpClient) private readonly http: SafeHttpClient) {}

  @Post()
  @HttpCode(200)
  @Public('a test')
  @Returns(String)
  async fetch(@Body() { url }: FetchInput) {
    return (await this.http.fetch(url, { pointer: '#/url' })).text();
  }
}

describe.each(PLATFORMS)('a route that fetches what a client names on %s', (platform) => {
  let app: TestApp;
  beforeAll(async () => {
    const outbound: OutboundOptions = {
      schemes: ['http', 'https'],
      dangerouslyAllowPrivate: [site.host],
      timeoutMs: 1_000,
      lookup,
    };
    app = await bootApp({ platform, security: { outbound }, controllers: [FetchController] });
  });
  afterAll(() => app.close());
  const fetchIt = (url: string) => {
    app.events.length = 0;
    return app.send('POST /fetch', { body: { url, how: 'text' } });
  };

  it('answers with what is there', async () => {
    site.replies = [html('hello')];
    expect(await fetchIt(site.url)).toMatchObject({ status: 200, text: 'hello' });
  });

  it('refuses what leads inside as bad input, and tells the log who asked for what', async () => {
    const answers = await Promise.all(
      ['https://10.0.0.1/', 'https://inside.example/', 'https://nowhere.example/'].map(fetchIt),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/url' }] } });
    await fetchIt('https://inside.example/x?y');
    expect(app.events.filter(({ level }) => level === 'warning')).toMatchObject([
      {
        kind: 'input_refused',
        code: 'invalid_input',
        reason: expect.stringContaining('outbound: address_refused: 10.0.0.7'),
        subject: { route: 'FetchController.fetch', path: '/fetch', address: '127.0.0.1' },
      },
    ]);
  });

  it('answers 502 and 504 for what the other side does, once in the log', async () => {
    site.replies = [reset];
    expect(await fetchIt(site.url)).toMatchObject({ status: 502, body: { type: 'about:blank', status: 502 } });
    expect(app.events.filter(({ level }) => level !== 'debug').map(({ kind }) => kind)).toEqual(['upstream_failed']);
    site.replies = [hang];
    expect((await fetchIt(site.url)).status).toBe(504);
    site.replies = [broken];
    expect((await fetchIt(site.url)).status).toBe(502);
  });

  const broken: Reply = (request, response) => {
    response.writeHead(200).write('begin');
    setImmediate(() => request.socket.destroy());
  };
});
