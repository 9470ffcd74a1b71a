/** What `signedFetch()` sends, and what it does not do for anybody. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRequestVerifier, signedFetch, type SignedFetchOptions } from '../../lib/index.js';
import { SECRET } from './signed-app.js';

const SIGNING = { key: SECRET, keyId: 'shop' };

/** Judges what comes, by what came over the wire. `/away` leads to somebody else. */
async function judge(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const verifier = createRequestVerifier({ keys: [{ id: 'shop', secret: SECRET }] });
  const { method = '', url = '', headers } = request;
  const body = Buffer.concat(chunks);
  const at = `http://${headers.host}${url}`;
  const judged = await verifier.verify({ method, url: at, headers, body }).catch((error: unknown) => String(error));
  return { judged, input: headers['signature-input'], type: headers['content-type'], body: body.toString('latin1') };
}

describe('signedFetch()', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/away') return void response.writeHead(307, { location: '/hooks' }).end();
      judge(request).then(
        (verdict) => response.end(JSON.stringify(verdict)),
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const send = async (input: string | Request, init?: RequestInit, options: Partial<SignedFetchOptions> = {}) => {
    const answer = await signedFetch({ ...SIGNING, ...options })(input, init);
    return (await answer.json()) as { judged: object; input: string; type: string; body: string };
  };

  it.each<[string, () => RequestInit, RegExp]>([
    ['text', () => ({ body: 'hellö' }), /^text\/plain/],
    ['a form', () => ({ body: new URLSearchParams({ a: 'ä', b: '2' }) }), /^application\/x-www-form-urlencoded/],
    ['a form with a file', () => ({ body: withFile() }), /^multipart\/form-data; boundary=/],
    ['bytes', () => ({ body: new Uint8Array([0, 255, 10, 13]) }), /^undefined$/],
    ['a stream', () => ({ body: new Blob(['a', 'b']).stream(), duplex: 'half' }) as RequestInit, /^undefined$/],
  ])('signs what the platform makes of %s', async (_what, init, type) => {
    const { judged, type: sent } = await send(url, { method: 'POST', ...init() });
    expect(judged).toMatchObject({ keyId: 'shop', components: ['@method', '@target-uri', 'content-digest'] });
    expect(String(sent)).toMatch(type);
  });

  it('signs a Request as it is', async () => {
    const request = new Request(`${url}?a=%20b#c`, { method: 'PUT', headers: { 'content-type': 'a/b' }, body: '{}' });
    expect(await send(request)).toMatchObject({ judged: { keyId: 'shop' }, type: 'a/b', body: '{}' });
    expect(await send(new Request(url))).toMatchObject({ judged: { components: ['@method', '@target-uri'] } });
  });

  it('signs anew each time', async () => {
    const twice = signedFetch(SIGNING);
    const [first, second] = await Promise.all([twice(url), twice(url)].map(async (answer) => (await answer).json()));
    expect((first as { input: string }).input).not.toBe((second as { input: string }).input);
  });

  it('says until when a signature is good, where it is told to', async () => {
    const { input } = await send(url, {}, { expiresIn: 30 });
    const [, created, expires] = /;created=(\d+);expires=(\d+);/.exec(input)!;
    expect(Number(expires) - Number(created)).toBe(30);
    expect((await send(url)).input).not.toContain('expires');
  });

  it('refuses redirects: the signature is for one target', async () => {
    const away = url.replace('/hooks', '/away');
    for (const input of [away, new Request(away), new Request(away, { redirect: 'error' })]) {
      await expect(signedFetch(SIGNING)(input)).rejects.toThrow(TypeError);
    }
    expect((await signedFetch(SIGNING)(new Request(away, { redirect: 'manual' }))).status).toBe(307);
    const followed = await signedFetch(SIGNING)(away, { redirect: 'follow' });
    expect(await followed.json()).toMatchObject({ judged: expect.stringContaining('signature_mismatch') });
  });

  it.each<[string, object, string]>([
    ['a key that is none', { key: 'short' }, 'signedFetch.key: the value has 5 bytes'],
    ['no id', { keyId: '' }, 'signedFetch.keyId'],
    ['a slip of the keyboard', { expireIn: 1 }, 'Did you mean `signedFetch.expiresIn`?'],
    ['a moment, which is of one request', { created: 1 }, 'signedFetch.created: unknown option'],
    ['half a second', { expiresIn: 0.5 }, 'signedFetch.expiresIn'],
    ['an end, in the HMAC profile', { profile: 'hmac', expiresIn: 60 }, 'signedFetch.expiresIn: means nothing'],
    ['a fetch that is none', { fetch: 'fetch' }, 'signedFetch.fetch'],
  ])('tells at once of %s', (_what, options, complaint) => {
    expect(() => signedFetch({ ...SIGNING, ...options })).toThrow(complaint);
  });
});

function withFile(): FormData {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array([1, 2, 3])]), 'a.bin');
  return form;
}
