/** A server that never stops: bytes, bombs, drops and headers end where the app says. */

import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSafeFetch } from '../../lib/fetch.js';
import { closeAll, failureOf, reaching, serve, serveRaw, type Loopback } from '../outbound/loopback.js';

afterEach(closeAll);

const MIB = 1024 ** 2;

/** Sends as long as somebody takes it. */
const endless = (): Promise<Loopback> =>
  serve((_request, response) => {
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  });

async function closed(server: Loopback): Promise<void> {
  await vi.waitFor(() => expect(server.connections().open).toBe(0), { timeout: 5000 });
}

describe('the size of a body', () => {
  it('is counted while it comes, and ends the connection', async () => {
    const server = await endless();
    const response = await createSafeFetch(reaching(server))(server.url);
    expect(await failureOf(response.arrayBuffer())).toBe('too_large: 127.0.0.1 sends more than 1048576 bytes');
    await closed(server);
  });

  it('is counted in pieces, too: a million of one byte would cost a thousand times their size', async () => {
    const piece = '1\r\nx\r\n';
    const server = await serveRaw((socket) =>
      socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${piece.repeat(500_000)}0\r\n\r\n`),
      ),
    );
    const response = createSafeFetch(reaching(server))(server.url).then((answer) => answer.text());
    expect(await failureOf(response)).toBe('too_large: 127.0.0.1 sends its answer in too many pieces');
  });

  it('in small pieces, and not a lot of them, is a body', async () => {
    const server = await serveRaw((socket) =>
      socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`),
      ),
    );
    expect(await (await createSafeFetch(reaching(server))(server.url)).text()).toBe('x'.repeat(20_000));
  });

  it('is believed when it is announced, before anything is read', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': MIB + 1 });
      response.write('x');
    });
    expect(await failureOf(createSafeFetch(reaching(server))(server.url))).toBe(
      'too_large: 127.0.0.1 announces more than 1048576 bytes',
    );
    await closed(server);
  });

  it.each([
    [10, 10, true],
    [11, 10, false],
    [MIB, MIB, true],
  ])('of %i bytes under a limit of %i: %s', async (size, maxBytes, allowed) => {
    const server = await serve((_request, response) => {
      response.flushHeaders();
      response.end(Buffer.alloc(size));
    });
    const response = createSafeFetch({ ...reaching(server), maxBytes })(server.url);
    const read = response.then((answer) => answer.arrayBuffer());
    if (allowed) expect((await read).byteLength).toBe(size);
    else expect(await failureOf(read)).toBe(`too_large: 127.0.0.1 sends more than ${maxBytes} bytes`);
  });

  it('counts for every hop alone', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/next' });
      response.end('x'.repeat(8));
    });
    const response = await createSafeFetch({ ...reaching(server), maxBytes: 10, redirects: 1 })(server.url);
    expect(await response.text()).toBe('xxxxxxxx');
  });
});

describe('a compressed body', () => {
  const codings = {
    gzip: gzipSync,
    'x-gzip': gzipSync,
    deflate: deflateSync,
    br: (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    GZIP: gzipSync,
  } as const;
  const names = Object.keys(codings) as (keyof typeof codings)[];
  const compressed = (coding: string, body: Buffer): Promise<Loopback> =>
    serve((_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(body));

  it.each(names)('in %s is read', async (coding) => {
    const server = await compressed(coding, codings[coding](Buffer.from('hello '.repeat(100))));
    const response = await createSafeFetch(reaching(server))(server.url);
    expect(await response.text()).toBe('hello '.repeat(100));
  });

  it('in the raw form of deflate is read, too', async () => {
    const server = await compressed('deflate', deflateRawSync(Buffer.from('hello')));
    expect(await (await createSafeFetch(reaching(server))(server.url)).text()).toBe('hello');
  });

  it.each(names)('in %s that unfolds to more than the limit is a bomb', async (coding) => {
    const server = await compressed(coding, codings[coding](Buffer.alloc(16 * MIB)));
    const response = await createSafeFetch(reaching(server))(server.url);
    expect(await failureOf(response.arrayBuffer())).toBe(
      'too_large: 127.0.0.1 sends what unfolds to more than 1048576 bytes',
    );
  });

  it('is refused bytewise by its reader, too', async () => {
    const server = await compressed('gzip', gzipSync(Buffer.alloc(16 * MIB)));
    const response = await createSafeFetch(reaching(server))(server.url);
    let read = 0;
    const reading = (async () => {
      for await (const chunk of response.body!) read += chunk.byteLength;
    })();
    expect(await failureOf(reading)).toMatch(/^too_large/);
    expect(read).toBeLessThanOrEqual(MIB);
  });

  it.each([
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(MIB)))],
    ['gzip,gzip,gzip,gzip,gzip,gzip,gzip', Buffer.from('x')],
    ['br, gzip', gzipSync(brotliCompressSync(Buffer.from('x')))],
    ['zstd', Buffer.from('x')],
    ['compress', Buffer.from('x')],
    ['gzip;q=1', gzipSync(Buffer.from('x'))],
  ])('in %s is refused', async (coding, body) => {
    const server = await compressed(coding, body);
    expect(await failureOf(createSafeFetch(reaching(server))(server.url))).toMatch(/^(?:encoding_refused|network): /);
  });

  it('that is no such thing fails', async () => {
    const server = await compressed('gzip', Buffer.from('not compressed at all'));
    const response = await createSafeFetch(reaching(server))(server.url);
    expect(await failureOf(response.text())).toBe('network: Z_DATA_ERROR of 127.0.0.1');
  });

  it('named identity is as it is', async () => {
    const server = await compressed('identity', Buffer.from('plain'));
    expect(await (await createSafeFetch(reaching(server))(server.url)).text()).toBe('plain');
  });
});

describe('the time that an answer takes', () => {
  const timeoutMs = 150;

  it('counts for a server that says nothing', async () => {
    const server = await serveRaw((socket) => socket.resume());
    expect(await failureOf(createSafeFetch({ ...reaching(server), timeoutMs })(server.url))).toBe(
      'timeout: 127.0.0.1 has not answered within 150 ms',
    );
    await closed(server);
  });

  /** One more every 20 ms, as long as the connection stands. */
  const dripping = (start: string, drop: string): Promise<Loopback> =>
    serveRaw((socket) => {
      socket.once('data', () => {
        socket.write(start);
        const timer = setInterval(() => socket.write(drop), 20);
        socket.once('close', () => clearInterval(timer));
      });
    });

  it('counts for headers that come drop by drop', async () => {
    const server = await dripping('HTTP/1.1 200 OK\r\n', 'x: y\r\n');
    expect(await failureOf(createSafeFetch({ ...reaching(server), timeoutMs })(server.url))).toMatch(/^timeout: /);
    await closed(server);
  });

  it('counts for interim answers without end', async () => {
    const server = await dripping('', 'HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n');
    expect(await failureOf(createSafeFetch({ ...reaching(server), timeoutMs })(server.url))).toMatch(/^timeout: /);
    await closed(server);
  });

  it('counts for a body that comes drop by drop', async () => {
    const server = await dripping('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n', 'x');
    const call = createSafeFetch({ ...reaching(server), timeoutMs })(server.url);
    expect(await failureOf(call.then((response) => response.text()))).toMatch(/^timeout: /);
    await closed(server);
  });

  it('counts for chunks, their extensions and their trailers', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    for (const [start, drop] of [
      [head, '1\r\nx\r\n'],
      [`${head}1;a=`, 'b'],
      [`${head}0\r\n`, 'x: y\r\n'],
    ] as const) {
      const server = await dripping(start, drop);
      const call = createSafeFetch({ ...reaching(server), timeoutMs })(server.url);
      expect(await failureOf(call.then((response) => response.text()))).toMatch(/^timeout: /);
      await closed(server);
    }
  });

  it('counts for a body that nobody reads', async () => {
    const server = await endless();
    const response = await createSafeFetch({ ...reaching(server), timeoutMs: 500, maxBytes: 100 * MIB })(server.url);
    await closed(server);
    expect(await failureOf(response.text())).toMatch(/^timeout: /);
  });

  it('counts for all redirects together', async () => {
    const server = await serve((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 40);
    });
    const call = createSafeFetch({ ...reaching(server), timeoutMs, redirects: 20 })(server.url);
    expect(await failureOf(call)).toMatch(/^timeout: /);
    expect(server.requests.length).toBeLessThan(6);
  });

  it('counts for a look-up that never ends', async () => {
    const safeFetch = createSafeFetch({ timeoutMs, lookup: () => undefined });
    expect(await failureOf(safeFetch('https://slow.example.com/'))).toBe(
      'timeout: slow.example.com has not answered within 150 ms',
    );
  });

  it('does not count for what was read in time', async () => {
    const server = await serve((_request, response) => response.end('quick'));
    const response = await createSafeFetch({ ...reaching(server), timeoutMs: 300 })(server.url);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await response.text()).toBe('quick');
  });
});

describe('the headers of an answer', () => {
  it('end somewhere', async () => {
    const server = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write('x: y\r\n'.repeat(1000)));
      };
      socket.on('drain', more);
      more();
    });
    expect(await failureOf(createSafeFetch(reaching(server))(server.url))).toBe(
      'too_large: UND_ERR_HEADERS_OVERFLOW of 127.0.0.1',
    );
    await closed(server);
  });

  it('are 16 KiB at most, all in one or in many', async () => {
    const sizes = [10_000, 20_000];
    for (const lines of [1, 50]) {
      const server = await serve((request, response) => {
        const size = Number(request.url!.slice(1)) / lines;
        response
          .writeHead(200, Array.from({ length: lines }, (_, index) => [`x-${index}`, 'y'.repeat(size)]).flat())
          .end();
      });
      const safeFetch = createSafeFetch(reaching(server));
      expect((await safeFetch(`${server.url}${sizes[0]}`)).status).toBe(200);
      expect(await failureOf(safeFetch(`${server.url}${sizes[1]}`))).toMatch(/^too_large: /);
    }
  });

  it('end behind the body, too', async () => {
    const server = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n');
      socket.write('x: y\r\n'.repeat(100_000));
    });
    const call = createSafeFetch(reaching(server))(server.url);
    expect(await failureOf(call.then((response) => response.text()))).toMatch(/^too_large: /);
    await closed(server);
  });
});

describe('the content type of an answer', () => {
  const contentTypes = ['application/json', 'text/*', 'application/*+json'];
  const typed = (type: string | undefined): Promise<Loopback> =>
    serve((_request, response) => {
      if (type !== undefined) response.setHeader('content-type', type);
      response.end('{}');
    });

  it.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'text/html',
    'text/plain;x=y',
    'application/problem+json',
  ])('may be %s', async (type) => {
    const server = await typed(type);
    expect(await (await createSafeFetch({ ...reaching(server), contentTypes })(server.url)).text()).toBe('{}');
  });

  it.each([
    'application/octet-stream',
    'application/jsonp',
    'application/json, text/html',
    'textual/html',
    'image/svg+xml',
    'application/json+x',
    '',
    undefined,
  ])('may not be %s', async (type) => {
    const server = await typed(type);
    expect(await failureOf(createSafeFetch({ ...reaching(server), contentTypes })(server.url))).toBe(
      'content_type_refused: 127.0.0.1 answers with a content type that is not expected',
    );
  });
});
