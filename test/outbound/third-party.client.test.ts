import 'reflect-metadata';
import { Controller, Get, Inject, NotFoundException, Param } from '@nestjs/common';
import { Expose, Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsString, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { Public, Returns, ThirdPartyClient } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { clientOf, hang, html, json, openSite, reset, type Reply, type Site } from './third-party-site.js';

class Address {
  @IsString() city!: string;
}

class Partner {
  @IsString() id!: string;
  @IsString() name!: string;
  @IsIn(['silver', 'gold']) tier!: string;
}

class Company {
  @Expose({ name: 'display_name' }) @IsString() name!: string;
  @IsInt() employees!: number;
  @Type(() => Address) @ValidateNested() address!: Address;
  @IsArray() @Type(() => Address) @ValidateNested({ each: true }) branches!: Address[];
}

const ACME = { id: 'acme', name: 'Acme', tier: 'gold' };

let site: Site;
beforeAll(async () => {
  site = await openSite(json(ACME));
});
beforeEach(() => {
  site.asked.length = 0;
});
afterAll(() => site.close());

/** Asks once, no more. */
const ask = (reply: Reply, schema: unknown = Partner, timeoutMs = 5_000) => {
  site.replies = [reply];
  const under = clientOf(site, { retries: 0, timeoutMs, maxBytes: 2000 });
  return { ...under, answer: under.client.get('partners', '/v1/acme', { schema: schema as typeof Partner }) };
};

const BAD = { code: 'bad_gateway', recorded: true, problem: { status: 502, title: expect.any(String) } };

describe('an answer of an upstream', () => {
  it('arrives as an instance of its class, stripped of what the class does not declare', async () => {
    const answer = await ask(json({ ...ACME, is_admin: true, margin: 31 })).answer;
    expect(answer).toBeInstanceOf(Partner);
    expect({ ...answer }).toEqual(ACME);
  });

  it('is stripped all the way down', async () => {
    const sent = {
      display_name: 'Acme',
      employees: 3,
      address: { city: 'Graz', safe: '0000' },
      branches: [{ city: 'Linz', x: 1 }],
      x: 1,
    };
    const answer = await ask(json(sent), Company).answer;
    expect(JSON.parse(JSON.stringify(answer))).toEqual({
      name: 'Acme',
      employees: 3,
      address: { city: 'Graz' },
      branches: [{ city: 'Linz' }],
    });
  });

  it('may be a list', async () => {
    site.replies = [json([ACME, { ...ACME, id: 'b', x: 1 }])];
    const list = await clientOf(site).client.get('partners', '/v1', { schema: [Partner] });
    expectTypeOf(list).toEqualTypeOf<Partner[] | undefined>();
    expect(list?.map((each) => ({ ...each }))).toEqual([ACME, { ...ACME, id: 'b' }]);
    await expect(ask(json(ACME), [Partner]).answer).rejects.toMatchObject(BAD);
    await expect(ask(json([ACME, { ...ACME, tier: 1 }]), [Partner]).answer).rejects.toMatchObject({
      reason: 'upstream partners: the answer does not fit at /1/tier',
    });
  });

  it('is the output of a Standard Schema', async () => {
    site.replies = [json({ ...ACME, seen: '3', x: 1 })];
    const schema = z.object({ id: z.string(), seen: z.coerce.number() });
    const answer = await clientOf(site).client.get('partners', '/v1/acme', { schema });
    expectTypeOf(answer).toEqualTypeOf<{ id: string; seen: number } | undefined>();
    expect(answer).toEqual({ id: 'acme', seen: 3 });
    await expect(ask(json({ id: 3, seen: 1 }), schema).answer).rejects.toMatchObject({
      reason: 'upstream partners: the answer does not fit at /id',
    });
    const waiting = schema.refine((value) => Promise.resolve(value.id === 'acme'));
    expect(await ask(json({ id: 'acme', seen: 1 }), waiting).answer).toEqual({ id: 'acme', seen: 1 });
  });

  it('takes the shape of the upstream where the call names none', async () => {
    site.replies = [json({ ...ACME, x: 1 })];
    const answer = await clientOf(site, { schema: Partner }).client.get('partners', '/v1/acme');
    expect(answer).toEqual(Object.assign(new Partner(), ACME));
  });

  it('is not even read where nobody says what it should be', async () => {
    site.replies = [json(ACME)];
    expect(await clientOf(site).client.get('partners', '/v1/acme')).toBeUndefined();
    expect(await clientOf(site).client.delete('partners', '/v1/acme')).toBeUndefined();
  });

  it.each<[what: string, reply: Reply]>([
    ['204', (_, response) => void response.writeHead(204).end()],
    ['205', (_, response) => void response.writeHead(205).end()],
    ['200 and nothing', (_, response) => void response.writeHead(200, { 'content-length': 0 }).end()],
    [
      '200 and nothing, in chunks',
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(),
    ],
  ])('of status %s to a request that does something is nothing', async (_what, reply) => {
    site.replies = [reply];
    const { client, events } = clientOf(site, { schema: Partner, retries: 0 });
    for (const send of ['delete', 'put', 'post', 'patch'] as const)
      expect(await client[send]('partners', '/v1/acme')).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('of status 204 to a question says that there is nothing', async () => {
    expect(await ask((_, response) => void response.writeHead(204).end()).answer).toBeUndefined();
  });

  it('to a request that does something still has to fit where it says something', async () => {
    site.replies = [json({ id: 7 })];
    await expect(clientOf(site, { schema: Partner }).client.put('partners', '/v1/acme')).rejects.toMatchObject(BAD);
    site.replies = [html('done')];
    await expect(clientOf(site, { schema: Partner }).client.put('partners', '/v1/acme')).rejects.toMatchObject(BAD);
  });

  it('is not read where the call says so, whatever the upstream declares', async () => {
    site.replies = [html('<p>done</p>')];
    const { client } = clientOf(site, { schema: Partner });
    expect(await client.post('partners', '/v1/acme', { schema: false })).toBeUndefined();
    await expect(client.post('partners', '/v1/acme')).rejects.toMatchObject(BAD);
  });

  it.each([404, 410])('of status %i says that there is no such thing', async (status) => {
    const { answer, events, client } = ask(html('<h1>nope</h1>', status));
    expect(await answer).toBeUndefined();
    expect(events).toEqual([]);
    await expect(client.put('partners', '/v1/acme', { schema: Partner })).rejects.toMatchObject(BAD);
  });

  it('of status 404 need not end to say so', async () => {
    const endless: Reply = (_request, response) => void response.writeHead(404).write('x');
    expect(await ask(endless).answer).toBeUndefined();
  });

  it.each<[what: string, reply: Reply, reason: string | RegExp]>([
    ['of another type', json({ ...ACME, tier: 7 }), 'the answer does not fit at /tier'],
    ['with a field missing', json({ id: 'acme' }), 'the answer does not fit at /name, /tier'],
    ['that is a list', json([ACME]), 'the answer does not fit at /'],
    ['that is null', json('null'), 'the answer does not fit at /'],
    ['that is no JSON', json('{"id":"acme",'), 'the answer is no JSON'],
    ['that is empty', json(''), 'the answer is no JSON'],
    ['that is HTML', html('<h1>Maintenance</h1>'), 'the answer has another content type than JSON'],
    [
      'that says nothing of its type',
      (_, response) => void response.end(JSON.stringify(ACME)),
      'the answer has another content type than JSON',
    ],
    [
      'that is empty, and says that it is nothing else',
      (_, response) => void response.writeHead(200).end(),
      'the answer has another content type than JSON',
    ],
    ['that nests without end', json(`${'['.repeat(900)}${']'.repeat(900)}`), 'the answer nests too deep'],
    ['that is too large', json({ ...ACME, name: 'x'.repeat(3000) }), /^too_large: /],
    ['of status 401', json({ error: 'key sk_live_123 is wrong' }, 401), 'status 401'],
    ['of status 500', html('Traceback: at db.internal', 500), 'status 500'],
    ['of status 302', json('', 302, { location: 'http://169.254.169.254/' }), 'status 302'],
    ['that never begins, for it hangs up', reset, /^network: /],
  ])('%s is a 502 without a word of it', async (_what, reply, reason) => {
    const { answer, events } = ask(reply);
    const error = (await answer.catch((thrown: unknown) => thrown)) as Record<string, unknown>;
    expect(error).toMatchObject(BAD);
    expect(error.problem).toEqual({
      type: 'about:blank',
      title: expect.stringMatching(/^Another service/),
      status: 502,
    });
    const expected = typeof reason === 'string' ? reason : expect.stringMatching(reason);
    expect(events).toEqual([
      {
        kind: 'upstream_failed',
        timeMs: START_MS,
        level: 'warning',
        subject: {},
        upstream: 'partners',
        code: 'bad_gateway',
        reason: expected,
        attempts: 1,
        breaker: 'closed',
      },
    ]);
    expect(site.asked).toHaveLength(1);
  });

  const dripping: Reply = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{');
  };
  it.each<[string, Reply]>([
    ['that never comes', hang],
    ['that never ends', dripping],
  ])('%s is a 504', async (_what, reply) => {
    const { answer, events } = ask(reply, Partner, 100);
    await expect(answer).rejects.toMatchObject({ code: 'gateway_timeout', problem: { status: 504 } });
    expect(events).toMatchObject([{ kind: 'upstream_failed', code: 'gateway_timeout', attempts: 1 }]);
  });

  it('ends with the reason of the caller who does not want it any more', async () => {
    site.replies = [hang];
    const { client, events } = clientOf(site);
    const stop = new AbortController();
    const answer = client.get('partners', '/v1/acme', { schema: Partner, signal: stop.signal });
    stop.abort(new Error('closed the tab'));
    await expect(answer).rejects.toThrow('closed the tab');
    expect(events).toEqual([]);
  });

  it('is not asked of an upstream that nobody configured', async () => {
    const { client } = clientOf(site);
    expect([client.has('partners'), client.has('partner')]).toEqual([true, false]);
    await expect(client.get('partner', '/v1/acme')).rejects.toThrow(
      new TypeError('ThirdPartyClient: no upstream "partner". Did you mean "partners"?'),
    );
  });

  it('needs a shape that vouches for something', async () => {
    class Empty {
      id!: string;
    }
    await expect(clientOf(site).client.get('partners', '/v1/acme', { schema: Empty })).rejects.toThrow(
      'ThirdPartyClient: schema: function Empty vouches for nothing.',
    );
    expect(site.asked).toEqual([]);
  });
});

describe('a request to an upstream', () => {
  it('carries parameters, query, headers and body', async () => {
    site.replies = [json(ACME)];
    const { client } = clientOf(site, { baseUrl: `${site.url}/api/` });
    await client.post('partners', '/v1/:kind/:id', {
      params: { kind: 'a b', id: 7n },
      query: { q: 'ü&x=1', page: 2, tag: ['a', 'b'], absent: undefined, all: true },
      headers: { 'X-Trace': 't1' },
      body: { note: 'hi' },
      idempotencyKey: 'k-1',
    });
    expect(site.asked).toMatchObject([
      {
        method: 'POST',
        target: '/api/v1/a%20b/7?q=%C3%BC%26x%3D1&page=2&tag=a&tag=b&all=true',
        headers: {
          host: site.host,
          accept: 'application/json',
          'content-type': 'application/json',
          'idempotency-key': 'k-1',
          'x-trace': 't1',
        },
        body: '{"note":"hi"}',
      },
    ]);
  });

  it.each([
    ['a header with a line break', { headers: { 'x-a': 'b\r\nhost: evil' } }, 'invalid_input'],
    ['a header with a control character', { headers: { 'x-a': 'b\u0001' } }, 'invalid_input'],
    ['an idempotency key with a line break', { idempotencyKey: 'a\r\nb' }, 'invalid_input'],
    ['another host header', { headers: { host: 'evil.test' } }, 'bad_gateway'],
  ])('is not made with %s', async (_what, call, code) => {
    await expect(clientOf(site).client.post('partners', '/v1', call)).rejects.toMatchObject({ code });
    expect(site.asked).toEqual([]);
  });
});

@Controller('partners')
class PartnersController {
  constructor(@Inject(ThirdPartyClient) private readonly client: ThirdPartyClient) {}

  @Get(':id')
  @Public('a test')
  @Returns(Partner)
  async find(@Param('id') id: string) {
    const partner = await this.client.get('partners', '/v1/:id', { params: { id }, schema: Partner });
    if (partner === undefined) throw new NotFoundException();
    return partner;
  }
}

describe.each(PLATFORMS)('a route that asks an upstream on %s', (platform) => {
  let app: TestApp;
  beforeAll(async () => {
    const partners = { baseUrl: site.url, dangerouslyAllowPrivate: [site.host], retries: 0, timeoutMs: 1_000 };
    const security = { outbound: { upstreams: { partners: { ...partners, breaker: { failures: 3 } } } } };
    app = await bootApp({ platform, security, controllers: [PartnersController] });
  });
  afterAll(() => app.close());
  const get = (reply: Reply, id = 'acme') => {
    site.replies = [reply];
    app.events.length = 0;
    return app.send(`GET /partners/${id}`);
  };

  it('answers what was declared', async () => {
    expect(await get(json({ ...ACME, x: 1 }))).toMatchObject({ status: 200, body: ACME });
    expect(await get(json({}, 404))).toMatchObject({ status: 404 });
  });

  it('answers a parameter that climbs with a 400', async () => {
    expect(await get(json(ACME), '..%2f..%2fadmin')).toMatchObject({ status: 400 });
    expect(site.asked).toEqual([]);
  });

  it('answers trouble over there as a problem, with one event', async () => {
    const bad = { type: 'about:blank', title: 'Another service that is needed for this did not answer as it should.' };
    expect(await get(html('Traceback at db.internal', 503))).toMatchObject({
      status: 502,
      headers: { 'content-type': expect.stringContaining('application/problem+json') },
      body: { ...bad, status: 502 },
    });
    expect(app.events.filter(({ level }) => level !== 'debug')).toMatchObject([
      { kind: 'upstream_failed', attempts: 1 },
    ]);

    const late = 'Another service that is needed for this did not answer in time.';
    expect(await get(hang)).toMatchObject({ status: 504, body: { title: late, status: 504 } });
  });

  it('answers at once while the breaker is open, and says when to come again', async () => {
    expect((await get(reset)).status).toBe(502);
    expect(app.app.get(ThirdPartyClient).state('partners')).toBe('open');
    site.asked.length = 0;
    const answer = await get(json(ACME));
    expect([answer.status, answer.headers['retry-after'], site.asked]).toEqual([502, '10', []]);
    app.clock.advance(10_000);
    expect((await get(json(ACME))).status).toBe(200);
    expect(app.app.get(ThirdPartyClient).state('partners')).toBe('closed');
  });
});
