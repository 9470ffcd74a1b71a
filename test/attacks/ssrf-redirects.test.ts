/** A harmless URL that leads elsewhere: every hop is judged, and what the caller said to one host stays there. */

import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createSafeFetch, type SafeFetchOptions } from '../../lib/fetch.js';
import { answering, closeAll, failureOf, reaching, serve, type Loopback } from '../outbound/loopback.js';

afterEach(closeAll);

const to = (response: ServerResponse, location: string, status = 302): void => {
  response.writeHead(status, { location }).end('gone');
};

/** Redirects to what stands in its path, with the status in front of it: `/307/http://…`. */
const redirector = (): Promise<Loopback> =>
  serve((request, response) => {
    const [, status, location] = /^\/(\d{3})\/(.*)$/s.exec(request.url!)!;
    to(response, decodeURIComponent(location!), Number(status));
  });

const target = (): Promise<Loopback> =>
  serve((request, response) => {
    request.resume().on('end', () => response.end(`${request.method} ${request.url}`));
  });

const via = (from: Loopback, location: string, status = 302): string =>
  `${from.url}${status}/${encodeURIComponent(location)}`;

describe('a redirect', () => {
  it('is not followed unless the app asks for it', async () => {
    const [from, end] = [await redirector(), await target()];
    const safeFetch = createSafeFetch(reaching(from, end));
    expect(await failureOf(safeFetch(via(from, end.url)))).toBe(
      'redirect_refused: 127.0.0.1 redirects, and 0 are followed at most',
    );
    expect(end.connections().seen).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])('with %i is followed', async (status) => {
    const [from, end] = [await redirector(), await target()];
    const response = await createSafeFetch({ ...reaching(from, end), redirects: 1 })(
      via(from, `${end.url}x#y`, status),
    );
    expect([response.url, response.redirected, await response.text()]).toEqual([`${end.url}x`, true, 'GET /x']);
  });

  it('is followed as often as is allowed, and not once more', async () => {
    const end = await target();
    const chain = await serve((request, response) => {
      const left = Number(request.url!.slice(1));
      to(response, left === 1 ? end.url : `/${left - 1}`);
    });
    const safeFetch = createSafeFetch({ ...reaching(chain, end), redirects: 5 });
    expect(await (await safeFetch(`${chain.url}5`)).text()).toBe('GET /');
    expect(await failureOf(safeFetch(`${chain.url}6`))).toMatch(/^redirect_refused: /);
    expect(end.requests).toHaveLength(1);
  });

  it('in circles comes to an end', async () => {
    const circle = await serve((_request, response) => to(response, '/'));
    expect(await failureOf(createSafeFetch({ ...reaching(circle), redirects: 20 })(circle.url))).toMatch(
      /^redirect_refused/,
    );
    expect(circle.requests).toHaveLength(21);
  });

  it('is an answer for whoever wants it so, and a failure for whoever wants none', async () => {
    const [from, end] = [await redirector(), await target()];
    const safeFetch = createSafeFetch({ ...reaching(from, end), redirects: 5 });
    const answer = await safeFetch(via(from, end.url), { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location'), answer.redirected]).toEqual([302, end.url, false]);
    expect(await failureOf(safeFetch(via(from, end.url), { redirect: 'error' }))).toMatch(/^redirect_refused/);
    expect(end.connections().seen).toBe(0);
  });

  it('without a place is an answer', async () => {
    const server = await serve((_request, response) => response.writeHead(302).end('nowhere'));
    const response = await createSafeFetch({ ...reaching(server), redirects: 5 })(server.url);
    expect([response.status, await response.text()]).toEqual([302, 'nowhere']);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data/', 'address_refused'],
    ['http://127.0.0.1/', 'address_refused'],
    ['http://2130706433/', 'address_refused'],
    ['http://[::ffff:127.0.0.1]/', 'address_refused'],
    ['//10.0.0.1/', 'address_refused'],
    ['/\\10.0.0.1/', 'address_refused'],
    ['\\\\10.0.0.1\\', 'address_refused'],
    ['http://localhost/', 'host_not_allowed'],
    ['http://metadata.google.internal/', 'host_not_allowed'],
    ['http://user:pass@example.com/', 'url_refused'],
    ['http://example.com:22/', 'port_refused'],
    ['file:///etc/passwd', 'scheme_refused'],
    ['gopher://127.0.0.1:6379/_x', 'scheme_refused'],
    ['data:text/plain,x', 'scheme_refused'],
    ['javascript:alert(1)', 'scheme_refused'],
    ['https://example.com/', 'scheme_refused'],
    ['http://', 'redirect_refused'],
    ['http://[::1', 'redirect_refused'],
  ])('to %s is refused', async (location, code) => {
    const from = await redirector();
    const safeFetch = createSafeFetch({ ...reaching(from), redirects: 5 });
    expect(await failureOf(safeFetch(via(from, location)))).toMatch(new RegExp(`^${code}: `));
    expect(from.requests).toHaveLength(1);
  });

  it('to a harmless name is judged by where the name points', async () => {
    const [from, inside] = [await redirector(), await target()];
    const lookup = answering('127.0.0.1');
    const safeFetch = createSafeFetch({ ...reaching(from), ports: [inside.port], lookup, redirects: 5 });
    expect(await failureOf(safeFetch(via(from, `http://harmless.example.com:${inside.port}/`)))).toBe(
      'address_refused: 127.0.0.1 of harmless.example.com is not a public address',
    );
    expect([lookup.names, inside.connections().seen]).toEqual([['harmless.example.com'], 0]);
  });

  it('to a host that is not on the list is refused', async () => {
    const [from, end] = [await redirector(), await serve(() => undefined, '127.0.0.2')];
    const safeFetch = createSafeFetch({ ...reaching(from, end), allowedHosts: ['127.0.0.1'], redirects: 5 });
    expect(await failureOf(safeFetch(via(from, end.url)))).toBe('host_not_allowed: 127.0.0.2 is not on the list');
  });

  it('with an endless body is left behind', async () => {
    const end = await target();
    const from = await serve((_request, response) => {
      response.writeHead(302, { location: end.url });
      response.write('x'.repeat(100_000));
    });
    const safeFetch = createSafeFetch({ ...reaching(from, end), redirects: 1 });
    expect(await (await safeFetch(from.url)).text()).toBe('GET /');
  });

  it('to a place that is not ASCII is read as UTF-8', async () => {
    const end = await target();
    const from = await serve((_request, response) => {
      response.socket!.end(Buffer.from(`HTTP/1.1 302 Found\r\nlocation: ${end.url}ä\r\ncontent-length: 0\r\n\r\n`));
    });
    const safeFetch = createSafeFetch({ ...reaching(from, end), redirects: 1 });
    expect(await (await safeFetch(from.url)).text()).toBe('GET /%C3%A4');
  });
});

describe('what a redirect takes along', () => {
  const secrets = {
    authorization: 'Bearer secret',
    cookie: 'session=secret',
    'x-api-key': 'secret',
    'x-anything': 'secret',
    accept: 'text/html',
    'user-agent': 'shop',
  };

  it('to another origin: nothing that says who asks', async () => {
    const [from, end] = [await redirector(), await target()];
    await createSafeFetch({ ...reaching(from, end), redirects: 1 })(via(from, end.url), { headers: secrets });
    expect(from.requests[0]!.headers).toMatchObject(secrets);
    const { headers } = end.requests[0]!;
    expect(headers).toMatchObject({ accept: 'text/html', 'user-agent': 'shop' });
    expect(JSON.stringify(headers)).not.toContain('secret');
  });

  it('and back again: nothing either', async () => {
    const [from, other] = [await target(), await redirector()];
    const first = await serve((request, response) =>
      request.url === '/'
        ? to(response, via(other, `${first.url}back`))
        : response.end(JSON.stringify(request.headers)),
    );
    const safeFetch = createSafeFetch({ ...reaching(first, other, from), redirects: 5 });
    expect(await (await safeFetch(first.url, { headers: secrets })).text()).not.toContain('secret');
  });

  it('within the origin: everything', async () => {
    const server = await serve((request, response) =>
      request.url === '/' ? to(response, '/next') : response.end(JSON.stringify(request.headers)),
    );
    const response = await createSafeFetch({ ...reaching(server), redirects: 1 })(server.url, { headers: secrets });
    expect(await response.json()).toMatchObject(secrets);
  });

  describe('of a method and a body', () => {
    const send = async (
      status: number,
      init: RequestInit,
      elsewhere = false,
    ): Promise<{ call: Promise<Response>; lines: string[] }> => {
      const lines: string[] = [];
      const note = async (request: AsyncIterable<Buffer> & { method?: string; headers: object }): Promise<void> => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        const type = (request.headers as Record<string, string>)['content-type'] ?? 'none';
        lines.push(`${request.method} ${body || '-'} ${type}`);
      };
      const end = await serve((request, response) => void note(request).then(() => response.end()));
      const from = await serve(
        (request, response) =>
          void note(request).then(() =>
            request.url === '/' ? to(response, elsewhere ? end.url : '/next', status) : response.end(),
          ),
      );
      const options: SafeFetchOptions = { ...reaching(from, end), redirects: 1 };
      return { call: createSafeFetch(options)(from.url, init), lines };
    };
    const post = { method: 'POST', body: 'data', headers: { 'content-type': 'text/x' } };

    it.each([
      [301, 'POST', 'GET - none'],
      [302, 'POST', 'GET - none'],
      [303, 'POST', 'GET - none'],
      [303, 'PUT', 'GET - none'],
      [301, 'PUT', 'PUT data text/x'],
      [302, 'PATCH', 'PATCH data text/x'],
      [307, 'POST', 'POST data text/x'],
      [308, 'DELETE', 'DELETE data text/x'],
    ])('%i turns %s with a body into %s', async (status, method, line) => {
      const { call, lines } = await send(status, { ...post, method });
      await (await call).text();
      expect(lines[1]).toBe(line);
    });

    it('303 leaves HEAD alone', async () => {
      const { call, lines } = await send(303, { method: 'HEAD' });
      await call;
      expect(lines).toEqual(['HEAD - none', 'HEAD - none']);
    });

    it('a stream is not sent a second time', async () => {
      const body = new Blob(['data']).stream();
      const { call } = await send(307, { method: 'POST', body, duplex: 'half' } as RequestInit);
      expect(await failureOf(call)).toBe('redirect_refused: 127.0.0.1 asks for a stream that is spent');
    });

    it('a body is not handed on to another origin', async () => {
      const { call, lines } = await send(307, post, true);
      expect(await failureOf(call)).toBe('redirect_refused: 127.0.0.1 sends the body on to 127.0.0.1');
      expect(lines).toHaveLength(1);
    });

    it('a form becomes a question to another origin', async () => {
      const { call, lines } = await send(303, post, true);
      await (await call).text();
      expect(lines[1]).toBe('GET - none');
    });
  });
});
