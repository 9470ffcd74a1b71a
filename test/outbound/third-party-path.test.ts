import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { upstreamUrl } from '../../lib/outbound/third-party/upstream-path.js';

const BASE = new URL('https://api.partner.example/base');
const REFUSED = { code: 'invalid_input', reason: expect.stringMatching(/^upstream_path: /) };

describe('the path of an upstream call', () => {
  it.each([
    ['/v1/:id', { id: 'acme' }, '/base/v1/acme'],
    ['/v1/:id/orders/:order', { id: 'a', order: 7 }, '/base/v1/a/orders/7'],
    ['/v1/:id.json', { id: 'a' }, '/base/v1/a.json'],
    ['/', {}, '/base/'],
    ['/v1/things:batch', {}, '/base/v1/things:batch'],
    ['/v1/things/:id:archive', { id: 7 }, '/base/v1/things/7:archive'],
    ['/v1/:id', { id: 'a/b' }, '/base/v1/a%2Fb'],
    ['/v1/:id', { id: 'a@evil.test' }, '/base/v1/a%40evil.test'],
    ['/v1/:id', { id: '@evil.test' }, '/base/v1/%40evil.test'],
    ['/v1/:id', { id: 'a?admin=1#x' }, '/base/v1/a%3Fadmin%3D1%23x'],
    ['/v1/:id', { id: 'a\\b' }, '/base/v1/a%5Cb'],
    ['/v1/:id', { id: '//evil.test' }, '/base/v1/%2F%2Fevil.test'],
    ['/v1/:id', { id: 'https://evil.test/' }, '/base/v1/https%3A%2F%2Fevil.test%2F'],
    ['/v1/:id', { id: ':other' }, '/base/v1/%3Aother'],
    ['/v1/:id', { id: '…' }, '/base/v1/%E2%80%A6'],
    ['/v1/:id', { id: 'a..b' }, '/base/v1/a..b'],
    ['/v1/:id', { id: '50%' }, '/base/v1/50%25'],
    ['/v1/:id', { id: '$&' }, '/base/v1/%24%26'],
  ])('%s with %j is %s', (template, params, path) => {
    const url = upstreamUrl(BASE, template, params);
    expect([url.origin, url.pathname, url.search]).toEqual([BASE.origin, path, '']);
  });

  it.each([
    '..',
    '.',
    '',
    '../admin',
    'a/../../admin',
    '..\\admin',
    '..;/admin',
    '..;x=1',
    '%2e%2e',
    '%2E%2E%2Fadmin',
    '%252e%252e%252fadmin',
    '%25252e%25252e',
    '%2525252e%2525252e',
    '.%2e/admin',
    'a%2f..',
    'a\u0000b',
    'a%00b',
    'a\r\nb',
    'a\u007F',
    '\uD800',
    'x'.repeat(1025),
  ])('refuses the parameter %j', (id) => {
    expect(() => upstreamUrl(BASE, '/v1/:id', { id })).toThrow(expect.objectContaining(REFUSED));
  });

  it.each([[undefined], [null], [{}], [['a']], [true]])('refuses %j as a parameter', (id) => {
    expect(() => upstreamUrl(BASE, '/v1/:id', { id } as never)).toThrow(expect.objectContaining(REFUSED));
  });

  it.each([
    'v1',
    '',
    '//evil.test/',
    '/v1//x',
    '/v1/../admin',
    '/v1/..',
    '/./v1',
    '/v1/%2e%2e/x',
    '/v1#x',
    '/v1/a b',
    '/\\evil.test',
    '/v1/@evil.test',
    'https://evil.test/',
  ])('refuses the path %j', (template) => {
    expect(() => upstreamUrl(BASE, template)).toThrow(expect.objectContaining(REFUSED));
  });

  it('takes text and numbers into the query, and nothing that a parser made', () => {
    expect(upstreamUrl(BASE, '/', {}, { a: 'x&y=1#', b: 0, c: false, d: [1, '2'], e: undefined }).search).toBe(
      '?a=x%26y%3D1%23&b=0&c=false&d=1&d=2',
    );
    for (const q of [{ a: 1 }, [['a']], null, () => 1]) {
      expect(() => upstreamUrl(BASE, '/', {}, { q } as never)).toThrow(expect.objectContaining(REFUSED));
    }
  });

  it('tells the developer where the query belongs', () => {
    expect(() => upstreamUrl(BASE, '/v1/x?limit=5')).toThrow(
      new TypeError('ThirdPartyClient: the path holds a query. Give it as `query`: { query: { limit: 5 } }.'),
    );
  });

  it('tells the developer of a parameter that is missing, and of one too many', () => {
    expect(() => upstreamUrl(BASE, '/v1/:id')).toThrow(TypeError);
    expect(() => upstreamUrl(BASE, '/v1/:constructor')).toThrow(TypeError);
    expect(() => upstreamUrl(BASE, '/v1', { id: 'a' })).toThrow(TypeError);
  });

  it('never leaves its base, whatever the parameters are', () => {
    const odd = fc.array(
      fc.constantFrom('.', '..', '/', '\\', '%', '2e', '@', ':', '?', '#', ';', 'a', '\t', '//', '\u0000'),
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string(),
      odd.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, text, (id, value) => {
        let url: URL;
        try {
          url = upstreamUrl(BASE, '/v1/:id/end', { id }, { q: value });
        } catch (error) {
          expect(error).toMatchObject(REFUSED);
          return;
        }
        expect(url.origin).toBe(BASE.origin);
        expect(url.pathname).toMatch(/^\/base\/v1\/[^/]+\/end$/);
        expect([...url.searchParams.keys()]).toEqual(['q']);
        expect(url.hash).toBe('');
        // Read again by somebody else it is still the same, and its segments are what was given.
        expect(new URL(url.href).href).toBe(url.href);
        expect(decodeURIComponent(url.pathname.split('/')[3]!)).toBe(id);
      }),
      { numRuns: 500 },
    );
  });
});
