/** Whom is a message for? By `origin` where the app says so, and by nothing that the message says then. */

import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Signed, type SignaturesOptions, type SignRequestOptions, signRequest } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Platform } from '../app.js';
import { BODY, bootHooks, HOST, lastReason, NOW_S, REFUSED, SECRET, shownOf, signed } from './signed-app.js';

const signedFor = (url: string, options: Partial<SignRequestOptions> = {}, body: string | null = BODY) => ({
  ...signRequest(
    { method: body === null ? 'GET' : 'POST', url, headers: { 'Content-Type': 'application/json' }, body },
    { key: SECRET, keyId: 'shop', created: NOW_S, ...options },
  ),
  Host: 'internal:8080',
});

describe.each(PLATFORMS)('the origin of signed requests on %s', (platform) => {
  it('is what clients call the app, whatever the proxy in front made of the host', async () => {
    const t = await bootHooks(platform, { origin: 'https://api.example.com' });
    const url = 'https://api.example.com/hooks?a=1';
    const post = async (headers: Record<string, string>, line = 'POST /hooks?a=1') =>
      (await t.send(line, { headers, body: BODY })).status;
    expect(await post(signedFor(url))).toBe(200);
    expect(await post(signedFor(url, { profile: 'hmac' }))).toBe(200);
    const components = ['@method', '@authority', '@request-target', '@path', '@query', 'content-digest'];
    expect(await post(signedFor(url, { components }))).toBe(200);
    expect(await post(signedFor('https://other.example.com/hooks?a=1'))).toBe(401);
    expect(await post(signedFor('http://api.example.com/hooks?a=1'))).toBe(401);
    expect(await post(signedFor(url, { components }), 'POST /hooks?a=2')).toBe(401);
    await t.close();
  });

  it('is not for an absolute target to say', async () => {
    const t = await bootHooks(platform, { origin: 'https://api.example.com' }, false);
    const elsewhere = { ...signedFor('https://other.example.com/either', {}, null), Host: 'other.example.com' };
    const answer = await t.send('GET https://other.example.com/either', { headers: elsewhere });
    expect(shownOf(answer)).toEqual(REFUSED);
    expect(lastReason(t)).toBe('signature_mismatch');
    const here = { ...signedFor('https://api.example.com/either', {}, null), Host: 'api.example.com' };
    expect((await t.send('GET https://api.example.com/either', { headers: here })).status).toBe(200);
    await t.close();
  });

  it('has the path that a proxy takes away in front of every path', async () => {
    const t = await bootHooks(platform, { origin: 'https://example.com/shop' });
    for (const profile of ['hmac', 'rfc9421'] as const) {
      const good = signedFor('https://example.com/shop/hooks', { profile });
      expect((await t.send('POST /hooks', { headers: good, body: BODY })).status).toBe(200);
      const bare = signedFor('https://example.com/hooks', { profile });
      expect((await t.send('POST /hooks', { headers: bare, body: BODY })).status).toBe(401);
    }
    await t.close();
  });

  it('is the host of the request where nobody says: another one is refused', async () => {
    const t = await bootHooks(platform);
    expect((await t.send('POST /hooks', { headers: signed(), body: BODY })).status).toBe(200);
    expect((await t.send('POST /hooks', { headers: { ...signed(), Host: 'other' }, body: BODY })).status).toBe(401);
    const components = ['@method', '@target-uri', '@request-target', 'content-digest'];
    const headers = { ...signedFor(`http://${HOST}/hooks?a=1`, { components }), Host: HOST };
    expect((await t.send('POST /hooks?a=1', { headers, body: BODY })).status).toBe(200);
    await t.close();
  });
});

describe.each(PLATFORMS)('the options of signed requests on %s', (platform) => {
  it('hold for how long a message is good', async () => {
    const t = await bootHooks(platform, { maxAge: 10 });
    const post = async (created: number) =>
      (await t.send('POST /hooks', { headers: signed('POST /hooks', { created }), body: BODY })).status;
    expect([await post(NOW_S - 10), await post(NOW_S + 10)]).toEqual([200, 200]);
    expect([await post(NOW_S - 11), await post(NOW_S + 11)]).toEqual([401, 401]);
    await t.close();
  });

  it('hold for what is covered, in whatever case: of the app, and of one route in its place', async () => {
    const t = await bootRequired(platform, { required: ['@Method', 'X-Event', 'Created'] });
    const get = async (path: string, components: string[], nonce?: string) => {
      const url = `http://${HOST}${path}`;
      const headers = signRequest(
        { method: 'GET', url, headers: { Host: HOST, 'X-Event': 'paid' } },
        { key: SECRET, keyId: 'shop', created: NOW_S, components, ...(nonce !== undefined && { nonce }) },
      );
      return (await t.send(`GET ${path}`, { headers })).status;
    };
    expect(await get('/app', ['@method', 'x-event'])).toBe(200);
    expect(await get('/app', ['@method', '@target-uri'])).toBe(401);
    expect(lastReason(t)).toBe('not_covered: x-event');
    expect(await get('/route', ['@path'])).toBe(200);
    expect(await get('/route', ['@method', 'x-event'])).toBe(401);
    expect(lastReason(t)).toBe('not_covered: @path');
    await t.close();
  });

  it('hold for what a signature is for', async () => {
    const t = await bootRequired(platform, { tag: 'hooks' });
    const get = async (path: string, options: Partial<SignRequestOptions>) =>
      (await t.send(`GET ${path}`, { headers: signed(`GET ${path}`, options) })).status;
    expect(await get('/app', { tag: 'hooks' })).toBe(200);
    expect(await get('/app', { tag: 'route' })).toBe(401);
    expect(lastReason(t)).toBe('signature_tag_mismatch');
    expect(await get('/app', {})).toBe(401);
    expect(await get('/app', { profile: 'hmac' })).toBe(401);
    expect(await get('/tagged', { tag: 'route' })).toBe(200);
    expect(await get('/tagged', { tag: 'hooks' })).toBe(401);
    await t.close();
  });

  it('show the handler what the signature says', async () => {
    const t = await bootHooks(platform);
    const rfc = await t.send('GET /claims', { headers: signed('GET /claims', { tag: 'hooks' }) });
    const said = { keyid: 'shop', created: NOW_S };
    expect(rfc.body).toEqual({
      id: 'payments',
      claims: { ...said, components: ['@method', '@target-uri'], tag: 'hooks' },
    });
    const hmac = await t.send('GET /claims', { headers: signed('GET /claims', { profile: 'hmac' }) });
    expect(hmac.body.claims).toEqual({ ...said, components: ['@method', '@path', '@query', 'content-digest'] });
    await t.close();
  });
});

function bootRequired(platform: Platform, signatures: SignaturesOptions) {
  @Controller()
  class Required {
    @Get('app')
    @Signed()
    app() {}

    @Get('route')
    @Signed({ required: ['@path'] })
    route() {}

    @Get('tagged')
    @Signed({ tag: 'route' })
    tagged() {}
  }
  const keys = [{ id: 'shop', secret: SECRET }];
  return bootApp({ platform, controllers: [Required], security: { signatures: { keys, ...signatures } } });
}

describe('a mistake in the options of signed requests', () => {
  it.each<[string, object, string]>([
    ['nothing required', { required: [] }, 'security.signatures.required: an empty list'],
    ['a component that there is not', { required: ['@metod'] }, 'Did you mean "@method"?'],
    ['a component of responses', { required: ['@status'] }, 'is no component of a request'],
    ['a space in a name', { required: ['created '] }, 'security.signatures.required: "created "'],
    ['a parameter of the query without its name', { required: ['@query-param'] }, 'does not say which parameter'],
    ['a parameter that means nothing', { required: ['"x";req'] }, 'has a parameter that means nothing (req)'],
    ['a tag with the HMAC profile', { tag: 'a', profile: 'hmac' }, 'does not go with the HMAC profile'],
    ['a tag that no header can hold', { tag: 'é' }, 'security.signatures.tag'],
    ['an origin with a query', { origin: 'https://api.example.com/?a' }, 'security.signatures.origin'],
    ['an origin with a slash at its end', { origin: 'https://api.example.com/' }, 'security.signatures.origin'],
    ['an origin that is normalised away', { origin: 'https://api.example.com/a/../b' }, 'security.signatures.origin'],
    ['an origin of no web server', { origin: 'ftp://api.example.com' }, 'security.signatures.origin'],
    ['more than an hour', { maxAge: 3601 }, 'security.signatures.maxAge'],
    ['no store', { nonces: {} }, 'security.signatures.nonces'],
    ['keys that are no list', { keys: 'shop' }, 'security.signatures.keys'],
  ])('stops the boot: %s', async (_what, options, complaint) => {
    await expect(bootHooks('express', options)).rejects.toThrow(complaint);
  });

  it('stops the boot on a route as well', async () => {
    const odd = (options: Parameters<typeof Signed>[0], app: SignaturesOptions = {}) => {
      @Controller()
      class Odd {
        @Get()
        @Signed(options)
        odd() {}
      }
      const keys = [{ id: 'shop', secret: SECRET }];
      return bootApp({ controllers: [Odd], security: { signatures: { keys, ...app } } });
    };
    await expect(odd({ required: [] })).rejects.toThrow('@Signed() on Odd.odd.required: an empty list');
    await expect(odd({ tag: 'a', profile: 'hmac' })).rejects.toThrow('@Signed() on Odd.odd.tag');
    await expect(odd({ tag: 'a' }, { profile: 'hmac' })).rejects.toThrow('@Signed() on Odd.odd.tag');
    await expect(odd({ profile: 'hmac' }, { tag: 'a' })).rejects.toThrow('@Signed() on Odd.odd.tag');
  });
});
