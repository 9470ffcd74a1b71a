/** A name that points to a public address while it is judged, and inside a moment later: there is no moment in between. */

import { createServer as createHttpsServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { createSafeFetch, type SafeFetchOptions } from '../../lib/fetch.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../edge/test-certificate.js';
import { dnsServer, type DnsServer } from '../outbound/dns-server.js';
import { NAMES_THAT_POINT_INSIDE } from '../outbound/hostile-urls.js';
import {
  answering,
  closeAll,
  failureOf,
  listen,
  reaching,
  serve,
  serveRaw,
  type Loopback,
} from '../outbound/loopback.js';
import { proxyServer } from '../outbound/proxy-server.js';

const PUBLIC = '93.184.216.34';
const resolvers: DnsServer[] = [];
afterEach(closeAll);
afterEach(async () => {
  await Promise.all(resolvers.splice(0).map((server) => server.close()));
});

async function dns(answer: (name: string, time: number) => readonly string[]): Promise<DnsServer> {
  const server = await dnsServer(answer);
  resolvers.push(server);
  return server;
}

/** Says who it is, and closes the connection, so that every request dials anew. */
const server = (name: string, address = '127.0.0.1', port = 0): Promise<Loopback> =>
  serve((_request, response) => response.setHeader('connection', 'close').end(name), address, port);

const on = ({ port }: Loopback, more: SafeFetchOptions): typeof fetch =>
  createSafeFetch({ schemes: ['http'], ports: [80, port], ...more });

describe('a name that changes its address', () => {
  it('is looked up once for a connection, and dialled where that look-up said', async () => {
    const first = await server('the first', '127.0.0.2');
    const second = await server('the second', '127.0.0.1', first.port);
    const { lookup, asked } = await dns((_name, time) => [time === 0 ? '127.0.0.2' : '127.0.0.1']);
    const host = `rebind.test:${first.port}`;
    const safeFetch = on(first, { lookup, dangerouslyAllowPrivate: [host] });
    expect(await (await safeFetch(`http://${host}/`)).text()).toBe('the first');
    expect([asked, second.connections().seen]).toEqual([['rebind.test'], 0]);
    expect(await (await safeFetch(`http://${host}/`)).text()).toBe('the second');
    expect(asked).toEqual(['rebind.test', 'rebind.test']);
  });

  it('is refused as soon as it points inside, on the very next connection', async () => {
    const inside = await server('inside');
    const outside = await server('outside');
    // Stands for the internet: whatever public address was judged and is dialled ends at `outside`.
    const proxy = await proxyServer(outside);
    const { lookup, asked } = await dns((_name, time) => [time === 0 ? PUBLIC : '127.0.0.1']);
    const safeFetch = on(inside, { lookup, proxy: proxy.url });
    const url = `http://rebind.example.com:${inside.port}/`;
    expect(await (await safeFetch(url)).text()).toBe('outside');
    expect(proxy.tunnels).toEqual([`${PUBLIC}:${inside.port}`]);
    const refused = 'address_refused: 127.0.0.1 of rebind.example.com is not a public address';
    expect(await failureOf(safeFetch(url))).toBe(refused);
    expect(await failureOf(safeFetch(url))).toBe(refused);
    expect([asked.length, proxy.tunnels.length, inside.connections().seen]).toEqual([3, 1, 0]);
  });

  it('between two redirects is judged at each', async () => {
    const inside = await server('inside');
    const bouncing = await serve((_request, response) => {
      response.writeHead(302, { location: '/again', connection: 'close' }).end();
    });
    const proxy = await proxyServer(bouncing);
    const { lookup } = await dns((_name, time) => [time < 3 ? PUBLIC : '127.0.0.1']);
    const safeFetch = on(inside, { lookup, proxy: proxy.url, redirects: 20 });
    expect(await failureOf(safeFetch(`http://rebind.example.com:${inside.port}/`))).toMatch(/^address_refused: /);
    expect([proxy.tunnels.length, inside.connections().seen]).toEqual([3, 0]);
  });
});

describe('an answer of the DNS', () => {
  it.each([
    [[PUBLIC, '127.0.0.1'], '127.0.0.1'],
    [['127.0.0.1', PUBLIC], '127.0.0.1'],
    [[PUBLIC, '93.184.216.35', '10.0.0.1'], '10.0.0.1'],
    [[PUBLIC, '::1'], '::1'],
    [['2606:4700:4700::1111', '169.254.169.254'], '169.254.169.254'],
    [['2606:4700:4700::1111', 'fd00::1'], 'fd00::1'],
    [['fe80::1'], 'fe80::1'],
    [['168.63.129.16'], '168.63.129.16'],
    [['0.0.0.0'], '0.0.0.0'],
    [['2002:7f00:1::'], '2002:7f00:1::'],
    [['64:ff9b::7f00:1'], '64:ff9b::7f00:1'],
  ])('of %j is refused whole', async (addresses, guilty) => {
    const inside = await server('inside');
    const proxy = await proxyServer(inside);
    const { lookup } = await dns(() => addresses);
    for (const options of [{ lookup }, { lookup, proxy: proxy.url }]) {
      const call = on(inside, options)(`http://mixed.example.com:${inside.port}/`);
      expect(await failureOf(call)).toBe(`address_refused: ${guilty} of mixed.example.com is not a public address`);
    }
    expect([proxy.connections().seen, inside.connections().seen]).toEqual([0, 0]);
  });

  it('of IPv4-mapped addresses is judged as IPv4', async () => {
    const inside = await server('inside');
    const call = on(inside, { lookup: answering('::ffff:127.0.0.1') })(`http://mapped.example.com:${inside.port}/`);
    expect(await failureOf(call)).toMatch(/^address_refused: /);
    expect(inside.connections().seen).toBe(0);
  });

  it.each(NAMES_THAT_POINT_INSIDE)('for %s ends the request', async (url) => {
    const { lookup } = await dns(() => ['127.0.0.1']);
    expect(await failureOf(createSafeFetch({ schemes: ['https', 'http'], lookup })(url))).toMatch(/^address_refused: /);
  });

  it('that there is no such name is a failure of the DNS', async () => {
    const { lookup } = await dns(() => []);
    expect(await failureOf(createSafeFetch({ lookup })('https://missing.example.com/'))).toBe(
      'dns_failed: looking up missing.example.com: ENOTFOUND',
    );
  });

  it.each<[what: string, answer: unknown, failure: RegExp]>([
    ['nothing', [], /^dns_failed: odd\.example\.com has no address$/],
    ['undefined', undefined, /^dns_failed: /],
    ['a name', 'localhost', /^dns_failed: odd\.example\.com was looked up to what is no address$/],
    ['a number', [{ address: 2130706433, family: 4 }], /^dns_failed: /],
    ['null', [null], /^dns_failed: /],
    ['an address with a zone', [{ address: 'fe80::1%lo', family: 6 }], /^address_refused: /],
    ['an address in octal', [{ address: '0177.0.0.1', family: 4 }], /^dns_failed: /],
    ['one address, as dns.lookup answers without `all`', '127.0.0.1', /^address_refused: /],
    ['a list of texts', ['127.0.0.1'], /^address_refused: /],
    ['a wrong family', [{ address: '127.0.0.1', family: 6 }], /^address_refused: /],
    [
      'far too many addresses',
      Array.from({ length: 65 }, (_, index) => ({ address: `93.184.216.${index}`, family: 4 })),
      /^dns_failed: odd\.example\.com has 65 addresses, 64 at most are read$/,
    ],
  ])('of a look-up that answers %s is refused', async (_what, answer, failure) => {
    const lookup = ((_name, _options, callback) => callback(null, answer as string)) as SafeFetchOptions['lookup'] & {};
    expect(await failureOf(createSafeFetch({ lookup })('https://odd.example.com/'))).toMatch(failure);
  });

  it('of a look-up that throws, or answers twice, does no harm', async () => {
    const throwing = createSafeFetch({
      lookup: () => {
        throw new Error('broken');
      },
    });
    expect(await failureOf(throwing('https://a.example.com/'))).toBe('dns_failed: looking up a.example.com: failed');
    const inside = await server('inside');
    const twice = on(inside, {
      lookup: (_name, _options, callback) => {
        callback(null, [{ address: '10.0.0.1', family: 4 }]);
        callback(null, [{ address: PUBLIC, family: 4 }]);
      },
    });
    expect(await failureOf(twice(`http://a.example.com:${inside.port}/`))).toMatch(/^address_refused: 10\.0\.0\.1 /);
  });

  it('is tried address by address, until one answers', async () => {
    const end = await server('reached', '127.0.0.3');
    const host = `several.test:${end.port}`;
    const safeFetch = on(end, { lookup: answering('127.0.0.2', '127.0.0.3'), dangerouslyAllowPrivate: [host] });
    expect(await (await safeFetch(`http://${host}/`)).text()).toBe('reached');
  });
});

describe('a host that may be private', () => {
  it('may be so under its own name and port only', async () => {
    const inside = await server('inside');
    const lookup = answering('127.0.0.1');
    const safeFetch = on(inside, { lookup, dangerouslyAllowPrivate: [`partner.test:${inside.port}`] });
    expect(await (await safeFetch(`http://partner.test:${inside.port}/`)).text()).toBe('inside');
    expect(await failureOf(safeFetch(`http://other.test:${inside.port}/`))).toMatch(/^address_refused: /);
    expect(await failureOf(safeFetch('http://partner.test/'))).toMatch(/^address_refused: /);
  });

  it('is still no metadata service', async () => {
    const safeFetch = createSafeFetch({
      schemes: ['http'],
      lookup: answering('169.254.169.254'),
      dangerouslyAllowPrivate: ['partner.test'],
    });
    expect(await failureOf(safeFetch('http://partner.test/'))).toBe(
      'address_refused: 169.254.169.254 of partner.test is not a public address',
    );
  });
});

describe('an egress proxy', () => {
  it('is asked for the judged address, and says its password to nobody else', async () => {
    const outside = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const proxy = await proxyServer(outside);
    const safeFetch = createSafeFetch({
      schemes: ['http'],
      lookup: answering('2606:4700:4700::1111', PUBLIC),
      proxy: `http://user:p%40ss@${proxy.host}`,
    });
    const headers = (await (await safeFetch('http://name.example.com/')).json()) as Record<string, string>;
    expect(headers.host).toBe('name.example.com');
    expect(headers).not.toHaveProperty('proxy-authorization');
    expect(proxy.tunnels).toEqual([`${PUBLIC}:80`]);
    expect(proxy.headers[0]!['proxy-authorization']).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  });

  it('sees nothing of what goes through it with TLS, and the name stays what the certificate is for', async () => {
    const https = createHttpsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (_request, response) =>
      response.end('secret'),
    );
    https.on('tlsClientError', () => undefined);
    const outside = await listen(https, []);
    const proxy = await proxyServer(outside);
    const through = (lookup = answering('127.0.0.1')): typeof fetch =>
      createSafeFetch({
        proxy: proxy.url,
        lookup,
        tls: { ca: TEST_CERTIFICATE },
        dangerouslyAllowPrivate: ['localhost'],
      });
    expect(await (await through()('https://localhost/')).text()).toBe('secret');
    expect(proxy.tunnels).toEqual(['127.0.0.1:443']);
    const other = through(answering(PUBLIC))('https://other.example.com/');
    expect(await failureOf(other)).toBe('network: ERR_TLS_CERT_ALTNAME_INVALID of other.example.com');
  });

  it.each(['http://127.0.0.1/', 'http://10.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/', 'http://localhost/'])(
    'is never asked for %s',
    async (url) => {
      const proxy = await proxyServer(await server('inside'));
      await failureOf(createSafeFetch({ schemes: ['http'], proxy: proxy.url })(url));
      expect(proxy.connections().seen).toBe(0);
    },
  );

  it('that refuses, that speaks too early or that is not there is a failure of the network', async () => {
    const outside = await server('outside');
    const asking = (proxy: string): Promise<string> =>
      failureOf(createSafeFetch({ schemes: ['http'], lookup: answering(PUBLIC), proxy })('http://a.example.com/'));
    expect(await asking((await proxyServer(outside, 403)).url)).toBe(
      `network: the proxy answered 403 instead of a tunnel to ${PUBLIC}:80`,
    );
    expect(await asking((await proxyServer(outside, 407)).url)).toMatch(/^network: the proxy answered 407 /);
    expect(await asking((await proxyServer(outside, 200, 'HTTP/1.1 200 OK\r\n\r\n')).url)).toMatch(/^network: /);
    const gone = await server('gone');
    await gone.close();
    expect(await asking(gone.url)).toBe('network: the proxy cannot be reached: ECONNREFUSED');
  });

  it('that never answers costs no more than the time that there is', async () => {
    const silent = await serveRaw((socket) => socket.resume());
    const call = createSafeFetch({ schemes: ['http'], lookup: answering(PUBLIC), proxy: silent.url, timeoutMs: 100 });
    expect(await failureOf(call('http://a.example.com/'))).toMatch(/^timeout: /);
  });
});

describe('a second safe fetch', () => {
  it('does not use the connections that another one was allowed to open', async () => {
    const inside = await serve((_request, response) => response.end('inside'));
    const open = createSafeFetch(reaching(inside));
    expect(await (await open(inside.url)).text()).toBe('inside');
    expect(await failureOf(on(inside, {})(inside.url))).toMatch(/^address_refused: /);
    expect(await (await open(inside.url)).text()).toBe('inside');
  });
});
