import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamAuth, UpstreamRequest } from '../../lib/index.js';
import { outboundSettings } from '../../lib/outbound/outbound.options.js';
import { authFunction } from '../../lib/outbound/third-party/upstream-auth.js';
import { resolveSecurityOptions } from '../../lib/security.options.js';
import { clientOf, json, openSite, type Site } from './third-party-site.js';

const GOOD = 'https://api.partner.example/v1';
const P = 'security.outbound.upstreams.partners';

describe('the options of an upstream', () => {
  it('are complete where little is said', () => {
    const { upstreams } = outboundSettings({ upstreams: { partners: { baseUrl: GOOD } } });
    expect(upstreams.get('partners')).toMatchObject({
      timeoutMs: 5_000,
      maxBytes: 1_048_576,
      retries: { times: 2, delayMs: 100, maxDelayMs: 2_000 },
      breaker: { failures: 5, openMs: 10_000 },
      auth: undefined,
      reach: { allowedHosts: ['api.partner.example'], schemes: ['https'], ports: [443] },
    });
    const limits = outboundSettings({ timeoutMs: 9, maxBytes: 8, upstreams: { a: { baseUrl: GOOD } } });
    expect(limits.upstreams.get('a')).toMatchObject({ timeoutMs: 9, maxBytes: 8 });
  });

  it.each<[what: string, options: object, message: string]>([
    ['a slip', { baseUrl: GOOD, timeoutMS: 1 }, `${P}.timeoutMS: unknown option. Did you mean \`${P}.timeoutMs\`?`],
    ['no address', {}, `${P}.baseUrl: undefined is not a non-empty string.`],
    ['a path alone', { baseUrl: '/v1' }, `${P}.baseUrl: is no URL.`],
    ['plain http', { baseUrl: 'http://api.partner.example' }, `${P}.baseUrl: is not https.`],
    ['another scheme', { baseUrl: 'ftp://api.partner.example' }, 'is not https.'],
    [
      'http to another port of a private host',
      { baseUrl: 'http://127.0.0.1:4011', dangerouslyAllowPrivate: ['127.0.0.1:4010'] },
      'is not https.',
    ],
    [
      'an address inside',
      { baseUrl: 'https://10.0.0.7' },
      `${P}.baseUrl: "10.0.0.7" cannot be asked, for 10.0.0.7 is not`,
    ],
    [
      'a name inside',
      { baseUrl: 'https://billing.internal' },
      'cannot be asked, for billing.internal is a name inside',
    ],
    [
      'the metadata service, by whatever list',
      { baseUrl: 'http://169.254.169.254', dangerouslyAllowPrivate: ['169.254.169.254'] },
      'is the metadata service of a cloud',
    ],
    ['credentials', { baseUrl: 'https://u:hunter2@api.partner.example' }, 'holds credentials.'],
    ['a query', { baseUrl: 'https://api.partner.example/?key=1' }, 'holds a query or fragment.'],
    ['a time of nothing', { baseUrl: GOOD, timeoutMs: 0 }, `${P}.timeoutMs: 0 is not a positive whole number.`],
    [
      'a try that is longer than the call',
      { baseUrl: GOOD, timeoutMs: 9, tryTimeoutMs: 10 },
      `${P}.tryTimeoutMs: 10 is more than the 9`,
    ],
    ['certificates that are none', { baseUrl: GOOD, tls: { ca: 'x' } }, `${P}.tls.ca: "x" holds no certificate.`],
    [
      'auth by a header of the connection',
      { baseUrl: GOOD, auth: { header: 'Host', value: 'c' } },
      `${P}.auth.header: "host" belongs to the connection.`,
    ],
    [
      'auth by a header that ends the message',
      { baseUrl: GOOD, auth: { header: 'Transfer-Encoding', value: 'c' } },
      'belongs to the connection.',
    ],
    ['endless tries', { baseUrl: GOOD, retries: 50 }, `${P}.retries: 50 is out of range.`],
    ['half a try', { baseUrl: GOOD, retries: { times: 0.5 } }, `${P}.retries: 0.5 is out of range.`],
    ['a slip in retries', { baseUrl: GOOD, retries: { time: 1 } }, `Did you mean \`${P}.retries.times\`?`],
    ['a slip in breaker', { baseUrl: GOOD, breaker: { openMS: 1 } }, `Did you mean \`${P}.breaker.openMs\`?`],
    ['a breaker of nothing', { baseUrl: GOOD, breaker: { failures: 0 } }, `${P}.breaker.failures: 0`],
    ['a shape of nothing', { baseUrl: GOOD, schema: Object }, `${P}.schema: function Object vouches for nothing.`],
    ['auth by a word', { baseUrl: GOOD, auth: 'hunter2' }, `${P}.auth: "string" is no credential.`],
    [
      'auth by nothing',
      { baseUrl: GOOD, auth: { bearer: undefined } },
      `${P}.auth.bearer: "undefined" is not a non-empty`,
    ],
    ['auth with a slip', { baseUrl: GOOD, auth: { bearer: 'a', x: 1 } }, `${P}.auth.x: unknown option.`],
    [
      'auth with a line break',
      { baseUrl: GOOD, auth: { bearer: 'a\n' } },
      `${P}.auth: "a credential" holds characters`,
    ],
    ['a header that is none', { baseUrl: GOOD, auth: { header: 'a b', value: 'c' } }, `${P}.auth.header: "a b"`],
    ['a name with a colon', { baseUrl: GOOD, auth: { basic: { username: 'a:b', password: 'c' } } }, 'holds a colon.'],
  ])('refuse %s', (_what, partners, message) => {
    let error: unknown;
    try {
      outboundSettings({ upstreams: { partners: partners as never } });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('hunter2');
  });

  it('take an upstream inside where its host is named', () => {
    const inside = { baseUrl: 'http://billing.internal:8080', dangerouslyAllowPrivate: ['billing.internal:8080'] };
    const { upstreams } = outboundSettings({ upstreams: { inside } });
    expect(upstreams.get('inside')!.reach).toMatchObject({ schemes: ['http'], ports: [8080] });
    const shouted = { ...inside, dangerouslyAllowPrivate: ['Billing.INTERNAL:8080'] };
    expect(() => outboundSettings({ upstreams: { inside: shouted } })).not.toThrow();
  });

  it('refuse names that no log line should hold, and what is no list of upstreams', () => {
    expect(() => outboundSettings({ upstreams: { 'a b': { baseUrl: GOOD } } })).toThrow('"a b" is no name.');
    expect(() => outboundSettings({ upstreams: [] as never })).toThrow('an empty list is not an object.');
    expect(() => outboundSettings({ upstreams: { a: null as never } })).toThrow(TypeError);
    expect(() => outboundSettings({ upstream: {} } as never)).toThrow('Did you mean `security.outbound.upstreams`?');
    expect(() => outboundSettings({ pacing: {} as never })).toThrow(
      'security.outbound.pacing: an object is not complete.',
    );
    expect(() => outboundSettings({ allowedHosts: ['*'] })).toThrow('security.outbound.allowedHosts');
  });

  it('stop the boot as part of the module', () => {
    const wrong = { outbound: { upstreams: { partners: { baseUrl: 'http://a.example' } } } };
    expect(() => resolveSecurityOptions(wrong, { production: false, variables: {} })).toThrow(`${P}.baseUrl`);
  });

  it('show no secret to whoever prints them', () => {
    const auth = { basic: { username: 'shop', password: 'hunter2' } };
    const settings = outboundSettings({ upstreams: { partners: { baseUrl: GOOD, auth } } });
    expect(inspect(settings, { depth: 10, showHidden: true })).not.toContain('hunter2');
    expect(JSON.stringify([...settings.upstreams.values()])).not.toContain('hunter2');
  });
});

describe('the credential for an upstream', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(json({}));
  });
  beforeEach(() => {
    site.asked.length = 0;
    site.replies = [json({})];
  });
  afterAll(() => site.close());

  it.each<[UpstreamAuth, string, string]>([
    [{ bearer: 't0ken' }, 'authorization', 'Bearer t0ken'],
    [{ header: 'X-API-Key', value: 'k' }, 'x-api-key', 'k'],
    [{ basic: { username: 'shop', password: 'pä:ss' } }, 'authorization', `Basic ${btoa('shop:p\u00C3\u00A4:ss')}`],
    [() => Promise.resolve({ 'x-signed': 'yes' }), 'x-signed', 'yes'],
  ])('%j is sent as %s', async (auth, header, value) => {
    await clientOf(site, { auth }).client.get('partners', '/v1');
    expect(site.asked[0]!.headers[header]).toBe(value);
  });

  it('does not give way to a header of the call', async () => {
    const { client } = clientOf(site, { auth: { bearer: 'ours' } });
    await client.get('partners', '/v1', { headers: { Authorization: 'Bearer theirs' } });
    expect(site.asked[0]!.headers.authorization).toBe('Bearer ours');
  });

  it('is made anew for each try, from what is sent', async () => {
    site.replies = [json({}, 503), json({})];
    const seen: UpstreamRequest[] = [];
    const auth = (request: UpstreamRequest) => {
      seen.push(request);
      return { 'x-try': String(seen.length) };
    };
    await clientOf(site, { auth }).client.put('partners', '/v1/:id', { params: { id: 'a b' }, body: [1] });
    expect(seen).toEqual(Array(2).fill({ method: 'PUT', url: `${site.url}/v1/a%20b`, body: '[1]' }));
    expect(site.asked.map(({ headers }) => headers['x-try'])).toEqual(['1', '2']);
  });

  it.each<[string, UpstreamAuth]>([
    ['throws', () => { throw new Error('secret sk_live_123'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('secret sk_live_123'))],
    ['answers what no header can be', () => ({ authorization: 'sk_live_123\r\nx: y' })],
  ])('that %s is a 502, and no word of it is told', async (_what, auth) => {
    const { client, events } = clientOf(site, { auth });
    const error: unknown = await client.get('partners', '/v1').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad_gateway' });
    expect(inspect([error, events], { depth: 10 })).not.toContain('sk_live');
    expect(events).toMatchObject([
      { reason: expect.stringMatching(/^no credential: (?:Type)?Error$/), breaker: 'closed' },
    ]);
    expect(site.asked).toEqual([]);
  });

  it('that never comes is a 504, and says nothing of the upstream', async () => {
    const breaker = { failures: 1 };
    const { client, events } = clientOf(site, { auth: () => new Promise(() => undefined), timeoutMs: 50, breaker });
    for (let each = 0; each < 2; each++)
      await expect(client.get('partners', '/v1')).rejects.toMatchObject({ code: 'gateway_timeout' });
    expect(client.state('partners')).toBe('closed');
    expect(events[0]).toMatchObject({ reason: 'no credential: timeout', attempts: 1 });
  });

  it('is not asked for where the caller has left, and one that fails later ends nothing', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      let asked = 0;
      const stop = new AbortController();
      const auth = () => {
        asked++;
        // The caller leaves while this runs.
        stop.abort(new Error('left'));
        return Promise.reject(new Error('no token'));
      };
      const { client } = clientOf(site, { auth });
      await expect(client.get('partners', '/v1', { signal: AbortSignal.abort(new Error('left')) })).rejects.toThrow(
        'left',
      );
      expect(asked).toBe(0);
      await expect(client.get('partners', '/v1', { signal: stop.signal })).rejects.toThrow('left');
      await new Promise(setImmediate);
      expect([asked, unhandled, site.asked]).toEqual([1, [], []]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('is none where none is configured', () => {
    expect(authFunction('x', undefined)).toBeUndefined();
  });
});
