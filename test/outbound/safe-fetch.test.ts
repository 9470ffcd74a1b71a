/** The safe fetch as a `fetch`: what it sends, what it answers, and what it takes from nowhere. */

import { createHash, randomBytes } from 'node:crypto';
import { createServer as createHttpsServer } from 'node:https';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { createSafeFetch, OutboundError, type SafeFetchOptions } from '../../lib/fetch.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../edge/test-certificate.js';
import { answering, closeAll, failureOf, listen, reaching, serve, serveRaw, type Loopback } from './loopback.js';

afterEach(closeAll);

/** Answers with what was asked. */
const echo = (): Promise<Loopback> =>
  serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          method: request.method,
          url: request.url,
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
  });

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const asked = async (response: Promise<Response>): Promise<Echo> => (await (await response).json()) as Echo;

describe('a safe fetch', () => {
  it('answers with a standard Response that knows where it came from', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(201, 'Made', [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['content-type', 'text/plain'],
      ]);
      response.end('hello');
    });
    const response = await createSafeFetch(reaching(server))(`${server.url}a?b=c#d`);
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.statusText, response.ok, response.type]).toEqual([201, 'Made', true, 'basic']);
    expect([response.url, response.redirected]).toEqual([`${server.url}a?b=c`, false]);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    const copy = response.clone();
    expect([copy.url, copy.clone().url, copy.status]).toEqual([response.url, response.url, 201]);
    expect(await response.text()).toBe('hello');
    expect(await copy.text()).toBe('hello');
  });

  it('hands on a body that is read slowly, byte for byte', async () => {
    const body = randomBytes(900_000);
    const server = await serve((_request, response) => {
      response.write(body.subarray(0, 300_000));
      setTimeout(() => response.end(body.subarray(300_000)), 20);
    });
    const safeFetch = createSafeFetch(reaching(server));
    for (let time = 0; time < 5; time++) {
      const response = await safeFetch(server.url);
      await new Promise((resolve) => setTimeout(resolve, 10));
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body!) {
        chunks.push(chunk);
        if (chunks.length % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expect(Buffer.concat(chunks).equals(body)).toBe(true);
    }
  });

  it('hands on what has come as soon as somebody reads, and does not wait for more', async () => {
    const server = await serve((_request, response) => void response.write('first'));
    const response = await createSafeFetch(reaching(server))(server.url);
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('first');
    await reader.cancel();
  });

  it.each(['Caf\u00E9', 'a\u0001b', 'a\u007Fb', '\u00FF'])(
    'answers whatever the reason phrase is: %j',
    async (phrase) => {
      const server = await serveRaw((socket) =>
        socket.once('data', () =>
          socket.end(Buffer.from(`HTTP/1.1 200 ${phrase}\r\nContent-Length: 2\r\n\r\nok`, 'latin1')),
        ),
      );
      const answered = await createSafeFetch(reaching(server))(server.url).then(
        async (response) => [response.status, response.statusText, await response.text()],
        (error: unknown) => (error instanceof OutboundError ? error.code : error),
      );
      // The client may refuse it as no HTTP; nobody sees a bug.
      expect(answered === 'network' ? [200, '', 'ok'] : answered).toEqual([200, '', 'ok']);
    },
  );

  it.each([204, 205, 304])('answers a %i without a body', async (status) => {
    const server = await serve((_request, response) => response.writeHead(status).end());
    const response = await createSafeFetch({ ...reaching(server), contentTypes: ['application/json'] })(server.url);
    expect([response.status, response.body, await response.text()]).toEqual([status, null, '']);
  });

  it('answers HEAD, whatever size it speaks of', async () => {
    const server = await serve((_request, response) => response.writeHead(200, { 'content-length': 5_000_000 }).end());
    const response = await createSafeFetch(reaching(server))(server.url, { method: 'head' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '5000000',
      '',
    ]);
    expect(server.requests[0]!.method).toBe('HEAD');
  });

  describe('sends', () => {
    it('strings, a URL, and headers of every kind', async () => {
      const server = await echo();
      const safeFetch = createSafeFetch(reaching(server));
      const first = await asked(
        safeFetch(new URL('x?y=z', server.url), { method: 'post', body: 'text', headers: { 'x-a': '1' } }),
      );
      expect(first).toMatchObject({ method: 'POST', url: '/x?y=z', body: 'text' });
      expect(first.headers).toMatchObject({ 'x-a': '1', 'content-length': '4', host: server.host });
      expect(first.headers).not.toHaveProperty('referer');
      expect((await asked(safeFetch(server.url, { headers: new Headers({ 'x-b': '2' }) }))).headers['x-b']).toBe('2');
      expect((await asked(safeFetch(server.url, { headers: [['x-c', '3']] }))).headers['x-c']).toBe('3');
    });

    it('the path and the query as they stand, and never the fragment', async () => {
      const server = await echo();
      const safeFetch = createSafeFetch(reaching(server));
      for (const path of ['/', '/a?', '/a?b=%2F', '/%2e%2e/a', '/a//b;c?d#e'])
        expect((await asked(safeFetch(`http://${server.host}${path}#x`))).url).toBe(
          path.replace('/%2e%2e', '').split('#')[0],
        );
    });

    it("Node's FormData as a form, with its files", async () => {
      const server = await echo();
      const body = new FormData();
      body.append('name', 'value');
      body.append('file', new File(['inside'], 'a.txt', { type: 'text/plain' }));
      const got = await asked(createSafeFetch(reaching(server))(server.url, { method: 'POST', body }));
      expect(got.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
      expect(got.headers['content-length']).toBe(String(got.body.length));
      expect(got.body).toContain('filename="a.txt"');
      expect(got.body).toContain('inside');
    });

    it('search parameters, bytes, blobs and streams', async () => {
      const server = await echo();
      const post = (body: NonNullable<RequestInit['body']>): Promise<Echo> =>
        asked(createSafeFetch(reaching(server))(server.url, { method: 'POST', body, duplex: 'half' }));
      const form = await post(new URLSearchParams({ a: 'b' }));
      expect([form.body, form.headers['content-type']]).toEqual([
        'a=b',
        'application/x-www-form-urlencoded;charset=UTF-8',
      ]);
      expect((await post(Buffer.from('bytes'))).body).toBe('bytes');
      expect((await post(new Blob(['blob']))).body).toBe('blob');
      const streamed = await post(new Blob(['streamed']).stream());
      expect([streamed.body, streamed.headers['transfer-encoding']]).toEqual(['streamed', 'chunked']);
    });

    it("Node's own Request, which an init can change", async () => {
      const server = await echo();
      const safeFetch = createSafeFetch(reaching(server));
      const request = (): Request =>
        new Request(`${server.url}r`, { method: 'PUT', body: 'from the request', headers: { 'x-a': '1' } });
      expect(await asked(safeFetch(request()))).toMatchObject({
        method: 'PUT',
        url: '/r',
        body: 'from the request',
        headers: { 'x-a': '1' },
      });
      expect(await asked(safeFetch(request(), { method: 'PATCH', body: 'other' }))).toMatchObject({
        method: 'PATCH',
        body: 'other',
      });
      const spent = request();
      await spent.text();
      await expect(safeFetch(spent)).rejects.toThrow(TypeError);
      await expect(safeFetch(new Request('http://127.0.0.1:1/'))).rejects.toThrow('address_refused');
    });
  });

  describe('refuses', () => {
    it.each([
      'connection',
      'content-length',
      'expect',
      'host',
      'http2-settings',
      'keep-alive',
      'Proxy-Authorization',
      'proxy-connection',
      'te',
      'trailer',
      'Transfer-Encoding',
      'Upgrade',
    ])('the header %s of a caller', async (name) => {
      const server = await echo();
      const call = createSafeFetch(reaching(server))(server.url, { headers: { [name]: 'x' } });
      expect(await failureOf(call)).toBe(`header_refused: ${name.toLowerCase()} is not for the caller to set`);
      expect(server.connections().seen).toBe(0);
    });

    it.each([
      ['a dispatcher of somebody else', { dispatcher: new Agent() }],
      ['a check of integrity that it would not make', { integrity: 'sha256-x' }],
      ['a mode of redirect that there is not', { redirect: 'maybe' }],
      ['a header that holds a line break', { headers: { a: 'b\r\nc: d' } }],
      ['a method that is none', { method: 'GE T' }],
      ['CONNECT', { method: 'CONNECT' }],
      ['TRACE', { method: 'TRACE' }],
      ['a body of a GET', { body: 'x' }],
    ])('%s', async (_what, init) => {
      const server = await echo();
      await expect(createSafeFetch(reaching(server))(server.url, init as RequestInit)).rejects.toThrow(TypeError);
      expect(server.connections().seen).toBe(0);
    });

    it.each([undefined, null, 7, {}])('%j in the place of a URL', async (input) => {
      expect(await failureOf(createSafeFetch()(input as unknown as string))).toMatch(/^url_refused: /);
    });

    it('a status that is none', async () => {
      const server = await serveRaw((socket) => socket.end('HTTP/1.1 999 No\r\ncontent-length: 0\r\n\r\n'));
      expect(await failureOf(createSafeFetch(reaching(server))(server.url))).toMatch(/^network: /);
    });

    it.each([
      ['nothing at all', ''],
      ['what is not HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
      ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx'],
      ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nx'],
      ['another protocol', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ])('%s for an answer', async (_what, bytes) => {
      const server = await serveRaw((socket) => socket.once('data', () => socket.end(bytes)));
      expect(await failureOf(createSafeFetch(reaching(server))(server.url))).toMatch(/^network: \w+ of 127\.0\.0\.1$/);
    });

    it('a body that breaks off, for whoever reads it', async () => {
      const server = await serveRaw((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')),
      );
      const response = await createSafeFetch(reaching(server))(server.url);
      expect(await failureOf(response.text())).toMatch(/^network: \w+ of 127\.0\.0\.1$/);
    });

    it('a port where nobody listens', async () => {
      const server = await echo();
      await server.close();
      expect(await failureOf(createSafeFetch(reaching(server))(server.url))).toBe('network: ECONNREFUSED of 127.0.0.1');
    });
  });

  describe('listens to the signal of the caller', () => {
    it('before, while and after the headers come', async () => {
      const server = await serve((_request, response) => {
        response.write('begun');
      });
      const silent = await serve(() => undefined);
      const safeFetch = createSafeFetch(reaching(server, silent));
      const early = AbortSignal.abort(new Error('too early'));
      await expect(safeFetch(server.url, { signal: early })).rejects.toThrow('too early');
      expect(server.requests).toHaveLength(0);

      const waiting = new AbortController();
      const call = safeFetch(silent.url, { signal: waiting.signal });
      await vi.waitFor(() => expect(silent.requests).toHaveLength(1));
      waiting.abort(new Error('no patience'));
      await expect(call).rejects.toThrow('no patience');

      const reading = new AbortController();
      const response = await safeFetch(new Request(server.url, { signal: reading.signal }));
      reading.abort(new Error('seen enough'));
      await expect(response.text()).rejects.toThrow('seen enough');
      await vi.waitFor(() => expect([server, silent].map(({ connections }) => connections().open)).toEqual([0, 0]));
    });

    it('and leaves no listener on it', async () => {
      const server = await echo();
      const { signal } = new AbortController();
      const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
      await asked(createSafeFetch(reaching(server))(server.url, { signal }));
      expect(remove.mock.calls.length).toBeGreaterThanOrEqual(add.mock.calls.length);
    });
  });

  it('closes the connection of a body that nobody wants', async () => {
    const server = await serve((_request, response) => {
      response.write('x'.repeat(100_000));
    });
    const response = await createSafeFetch(reaching(server))(server.url);
    await response.body!.cancel();
    await vi.waitFor(() => expect(server.connections().open).toBe(0));
  });

  it.each(['identity', 'gzip'])('hands on a long body (%s) as slowly as it is read, and whole', async (coding) => {
    const text = Array.from({ length: 300_000 }, (_, index) => `${index},`).join('');
    const sent = coding === 'gzip' ? gzipSync(text) : Buffer.from(text);
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(sent);
    });
    const response = await createSafeFetch({ ...reaching(server), maxBytes: text.length })(server.url);
    const digest = createHash('sha256');
    for await (const chunk of response.body!) {
      await new Promise(setImmediate);
      digest.update(chunk);
    }
    expect(digest.digest('hex')).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it.each(['identity', 'gzip'])('fills the buffer of a reader that brings its own (%s)', async (coding) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(coding === 'gzip' ? gzipSync('hello') : 'hello');
    });
    const response = await createSafeFetch(reaching(server))(server.url);
    const reader = response.body!.getReader({ mode: 'byob' });
    const first = await reader.read(new Uint8Array(3));
    const second = await reader.read(new Uint8Array(3));
    const third = await reader.read(new Uint8Array(3));
    expect(Buffer.concat([first.value!, second.value!]).toString()).toBe('hello');
    expect(third.done).toBe(true);
  });

  it('reads over interim answers', async () => {
    const server = await serve((_request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.writeProcessing();
      response.end('final');
    });
    const response = await createSafeFetch(reaching(server))(server.url);
    expect([response.status, response.headers.has('link'), await response.text()]).toEqual([200, false, 'final']);
  });

  it('answers many calls at once, each with its own', async () => {
    const server = await serve((request, response) => void setTimeout(() => response.end(request.url), 5));
    const safeFetch = createSafeFetch(reaching(server));
    const calls = Array.from({ length: 60 }, (_, index) => `/${index}`);
    const texts = await Promise.all(calls.map(async (path) => (await safeFetch(new URL(path, server.url))).text()));
    expect(texts).toEqual(calls);
  });

  it('uses a connection again, and never that of another safe fetch', async () => {
    const server = await echo();
    const [one, other] = [createSafeFetch(reaching(server)), createSafeFetch(reaching(server))];
    for (let call = 0; call < 10; call++) await asked(one(server.url));
    // The client may open a second one when a request comes before it has put the first one away.
    const { seen } = server.connections();
    expect(seen).toBeLessThanOrEqual(2);
    await asked(other(server.url));
    expect(server.connections().seen).toBe(seen + 1);
  });

  it('keeps no cookies', async () => {
    const server = await serve((_request, response) => response.setHeader('set-cookie', 'a=1').end());
    const safeFetch = createSafeFetch(reaching(server));
    await (await safeFetch(server.url)).text();
    await (await safeFetch(server.url)).text();
    expect(server.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
  });

  it('does not go through the proxy of the environment, nor through the global dispatcher', async () => {
    const [server, proxy] = [await echo(), await serve((_request, response) => response.end('{"proxied":true}'))];
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) vi.stubEnv(name, proxy.url);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const before = getGlobalDispatcher();
    setGlobalDispatcher(
      new Agent({ connect: (_options, callback) => callback(new Error('the global dispatcher was asked'), null) }),
    );
    try {
      expect(await asked(createSafeFetch(reaching(server))(server.url))).toMatchObject({ method: 'GET', url: '/' });
      expect(proxy.connections().seen).toBe(0);
    } finally {
      setGlobalDispatcher(before);
      vi.unstubAllEnvs();
    }
  });
});

describe('a safe fetch over TLS', () => {
  const secure = async (): Promise<{ server: Loopback; names: (string | false)[] }> => {
    const names: (string | false)[] = [];
    const https = createHttpsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (_request, response) =>
      response.end('secret'),
    );
    https.on('secureConnection', (socket) =>
      names.push((socket as { servername?: string | false }).servername ?? false),
    );
    https.on('tlsClientError', () => undefined);
    return { server: await listen(https, []), names };
  };
  const trusting = (host: string, more: SafeFetchOptions = {}): typeof fetch =>
    createSafeFetch({
      dangerouslyAllowPrivate: [host],
      lookup: answering('127.0.0.1'),
      tls: { ca: TEST_CERTIFICATE },
      ...more,
    });

  it('asks for the name, dials the address that was judged, and checks the certificate against the name', async () => {
    const { server, names } = await secure();
    const lookup = answering('127.0.0.1');
    const response = await trusting(`localhost:${server.port}`, { lookup })(`https://localhost:${server.port}/`);
    expect([await response.text(), names, lookup.names]).toEqual(['secret', ['localhost'], ['localhost']]);
  });

  it('checks the certificate of an address, too', async () => {
    const { server } = await secure();
    expect(await (await trusting(server.host)(`https://${server.host}/`)).text()).toBe('secret');
  });

  it('refuses a certificate for another name', async () => {
    const { server } = await secure();
    const call = trusting(`other.test:${server.port}`)(`https://other.test:${server.port}/`);
    expect(await failureOf(call)).toBe('network: ERR_TLS_CERT_ALTNAME_INVALID of other.test');
  });

  it('refuses a certificate that nobody vouches for, even when the environment would not mind', async () => {
    const { server } = await secure();
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    try {
      const untrusting = createSafeFetch({ dangerouslyAllowPrivate: [server.host] });
      expect(await failureOf(untrusting(`https://${server.host}/`))).toMatch(
        /^network: \w*SELF_SIGNED\w* of 127\.0\.0\.1$/,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('refuses to speak plainly to it', async () => {
    const { server } = await secure();
    expect(await failureOf(trusting(server.host)(`http://${server.host}/`))).toBe(
      'scheme_refused: the scheme is http:',
    );
  });
});
