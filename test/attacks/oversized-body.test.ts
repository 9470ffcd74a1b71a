/** Oversized bodies: declared, undeclared, compressed, or without an end. */

import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawRequest, type HttpRequest } from '../../lib/core/transport.js';
import { Public, secureApp } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Answer, type TestApp } from '../app.js';

let handled = 0;

@Public('tests')
@Controller()
class Bodies {
  @Post('json')
  @HttpCode(200)
  json(@Body() body: object) {
    handled++;
    return Object.keys(body).length;
  }
  /** Reads a body as a parser of uploads does: as it comes, without a limit of its own. */
  @Post('upload')
  @HttpCode(200)
  async upload(@Req() request: HttpRequest) {
    let bytes = 0;
    for await (const chunk of rawRequest(request)) bytes += (chunk as Buffer).length;
    handled++;
    return bytes;
  }
}

/** Sends chunks without saying how many bytes they are. */
function sendChunked(port: number, path: string, type: string, chunks: Iterable<string | Buffer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      agent: false,
      headers: { 'content-type': type },
    });
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode!, headers: incoming.headers, text, body: JSON.parse(text) as unknown });
        outgoing.destroy();
      });
    });
    outgoing.on('error', reject);
    const iterator = chunks[Symbol.iterator]();
    const next = (): void => {
      if (outgoing.destroyed) return;
      const { value, done } = iterator.next();
      if (done) outgoing.end();
      else outgoing.write(value, () => setImmediate(next));
    };
    next();
  });
}

const BOUNDARY = 'xxBOUNDARYxx';
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;
const fileOf = (bytes: number): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n` +
  `Content-Type: application/octet-stream\r\n\r\n${'x'.repeat(bytes)}\r\n--${BOUNDARY}--\r\n`;

function* forever(first: string, rest: string): Iterable<string> {
  yield first;
  for (;;) yield rest;
}

interface FastifyInstance {
  addContentTypeParser(
    type: string,
    parser: (request: unknown, body: unknown, done: (error: null) => void) => void,
  ): void;
}

const leaveToHandler = (instance: FastifyInstance): void =>
  instance.addContentTypeParser('multipart/form-data', (_request, _body, done) => done(null));

const TOO_LARGE = { type: 'about:blank', title: 'The request is too large.', status: 413 };

describe.each(PLATFORMS)('an oversized body on %s', (platform) => {
  let t: TestApp;
  let port: number;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [Bodies],
      prepare: (app) => {
        secureApp(app, { bodyLimit: '1 KiB', uploadLimit: '16 KiB' });
        if (platform === 'fastify') leaveToHandler(app.getHttpAdapter().getInstance() as FastifyInstance);
      },
    });
    port = (t.app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(() => t.close());

  const json = (bytes: number): string => JSON.stringify({ a: 'x'.repeat(bytes - 8) });
  const JSON_TYPE = 'application/json';

  it('passes at the limit, and is refused a byte over it', async () => {
    handled = 0;
    const headers = { 'content-type': JSON_TYPE };
    expect((await t.send('POST /json', { body: json(1_024), headers })).status).toBe(200);
    const answer = await t.send('POST /json', { body: json(1_025), headers });
    expect(answer.status).toBe(413);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers).toHaveProperty('strict-transport-security');
    expect(answer.body).toEqual(TOO_LARGE);
    expect(handled).toBe(1);
  });

  it('is refused at once for its declared length, whatever comes after', async () => {
    t.events.length = 0;
    const answer = await t
      .send('POST /json', { body: '{}', headers: { 'content-type': JSON_TYPE, 'content-length': '99999999' } })
      .catch(() => undefined);
    // The client never sends what it declared, so only the event tells that nobody waited for it.
    expect(answer?.status ?? 413).toBe(413);
    expect(t.events).toMatchObject([{ kind: 'edge_refused', code: 'payload_too_large', reason: 'content_length' }]);
  });

  it('is counted where no length is declared', async () => {
    handled = 0;
    expect((await sendChunked(port, '/json', JSON_TYPE, [json(1_024)])).status).toBe(200);
    const answer = await sendChunked(
      port,
      '/json',
      JSON_TYPE,
      [...json(1_025)].map((letter) => Buffer.from(letter)),
    );
    expect(answer.status).toBe(413);
    expect(answer.body).toEqual(TOO_LARGE);
    expect(handled).toBe(1);
  });

  it('is counted when it never ends', async () => {
    handled = 0;
    t.events.length = 0;
    const answer = await sendChunked(port, '/json', JSON_TYPE, forever('{"a":"', 'x'.repeat(8_192)));
    expect(answer.status).toBe(413);
    expect(handled).toBe(0);
    expect(t.events).toMatchObject([{ kind: 'edge_refused', code: 'payload_too_large', reason: 'counted_bytes' }]);
  });

  it('is counted in an upload, too', async () => {
    handled = 0;
    const headers = { 'content-type': MULTIPART };
    expect((await t.send('POST /upload', { body: fileOf(8_192), headers })).text).toBe(String(fileOf(8_192).length));
    expect((await t.send('POST /upload', { body: fileOf(16_384), headers })).status).toBe(413);
    expect((await sendChunked(port, '/upload', MULTIPART, [fileOf(8_192)])).status).toBe(200);
    const endless = await sendChunked(port, '/upload', MULTIPART, forever(fileOf(10).slice(0, -30), 'x'.repeat(8_192)));
    expect(endless.status).toBe(413);
    expect(handled).toBe(2);
  });

  it('is cut off when it goes on after the answer', async () => {
    const { socket, ended } = await new Promise<{ socket: { bytesWritten: number }; ended: boolean }>((resolve) => {
      const outgoing = request({
        host: '127.0.0.1',
        port,
        path: '/json',
        method: 'POST',
        agent: false,
        headers: { 'content-type': JSON_TYPE },
      });
      const flood = (): void => {
        if (!outgoing.destroyed) outgoing.write('x'.repeat(65_536), () => setImmediate(flood));
      };
      outgoing.on('response', (incoming) => incoming.resume());
      outgoing.on('error', () => undefined);
      outgoing.on('close', () => resolve({ socket: outgoing.socket!, ended: true }));
      flood();
    });
    expect(ended).toBe(true);
    expect(socket.bytesWritten).toBeLessThan(32 * 1024 ** 2);
  });

  it('is measured after decompression, or not read at all', async () => {
    handled = 0;
    const body = gzipSync(json(1_000_000));
    const answer = await t.send('POST /json', {
      body,
      headers: { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' },
    });
    expect([400, 413, 415]).toContain(answer.status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(handled).toBe(0);
  });

  it('serves the next request after a refusal', async () => {
    expect((await t.send('POST /json', { body: { a: 1 } })).text).toBe('1');
  });
});
