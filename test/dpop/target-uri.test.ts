/** One form for all spellings of a URL, and none for what two readers could understand differently. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declaredOrigin, normalPath, normalUri, pathOfTarget } from '../../lib/authentication/dpop/target-uri.js';

describe('normalUri', () => {
  it.each<[string, string]>([
    ['https://api.example.com', 'https://api.example.com/'],
    ['HTTPS://Api.Example.COM:443/A', 'https://api.example.com/A'],
    ['http://api.example.com:80/a', 'http://api.example.com/a'],
    ['https://api.example.com:8443/a', 'https://api.example.com:8443/a'],
    ['https://api.example.com/a?b=c#d', 'https://api.example.com/a'],
    ['https://api.example.com/a#d?b', 'https://api.example.com/a'],
    ['https://api.example.com/%7ealice/%c3%a9', 'https://api.example.com/~alice/%C3%A9'],
    ['https://api.example.com/a%2fb', 'https://api.example.com/a%2Fb'],
    ['https://api.example.com/a/./b/../c', 'https://api.example.com/a/c'],
    ['https://api.example.com/a/%2e%2E/c', 'https://api.example.com/c'],
    ['https://api.example.com//a//', 'https://api.example.com//a//'],
    ['https://[2001:DB8::1]/a', 'https://[2001:db8::1]/a'],
    ['https://api.example.com/a|b/[1]/c^d', 'https://api.example.com/a%7Cb/%5B1%5D/c%5Ed'],
    ['https://api.example.com/a%7cb/%5b1%5D/c%5ed', 'https://api.example.com/a%7Cb/%5B1%5D/c%5Ed'],
  ])('takes %s for %s', (text, expected) => {
    const { origin, path } = normalUri(text)!;
    expect(origin + path).toBe(expected);
  });

  it.each([
    '',
    '/orders',
    '//api.example.com/a',
    'ftp://api.example.com/a',
    'https:/api.example.com/a',
    'https:\\\\api.example.com\\a',
    'https://alice@api.example.com/a',
    'https://api.example.com/a b',
    'https://api.example.com/a\\b',
    'https://api.example.com/a\n',
    'https://api.example.com/é',
    'https://api.example.com/%',
    'https://api.example.com/%zz',
    'https://api.example.com:99999/a',
    'https://[::1/a',
    ' https://api.example.com/a',
  ])('makes nothing of %j', (text) => {
    expect(normalUri(text)).toBeUndefined();
  });

  it('makes the same of what it made', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
        const once = normalUri(text);
        if (once !== undefined) expect(normalUri(once.origin + once.path)).toEqual(once);
      }),
    );
  });
});

describe('normalPath', () => {
  it('takes spellings of one path for one', () => {
    expect(normalPath('/a%2Fb/%7e/%c3')).toBe('/a%2Fb/~/%C3');
    expect(normalPath('/a/b.c/..d/...')).toBe('/a/b.c/..d/...');
    // As clients write what the URL Standard leaves alone, and as strict ones do.
    for (const path of ['/a|b/[1]/c^d', '/a%7Cb/%5B1%5D/c%5Ed']) expect(normalPath(path)).toBe('/a%7Cb/%5B1%5D/c%5Ed');
  });

  it.each(['/a/../b', '/..', '/a/.', '/./a', '/a/%2e%2e/b', '/%2E/a', '/a/.%2e', 'a', '', '/a b', '/"', '/%', '*'])(
    'makes nothing of %j',
    (path) => {
      expect(normalPath(path)).toBeUndefined();
    },
  );

  it('agrees with normalUri on every path that it takes', () => {
    const segment = fc.stringMatching(/^(?:[a-z0-9.~_-]|%[0-9a-fA-F]{2}){0,6}$/);
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const path = `/${segments.join('/')}`;
        const normal = normalPath(path);
        if (normal !== undefined) expect(normalUri(`https://a.example${path}`)?.path).toBe(normal);
      }),
    );
  });
});

describe('pathOfTarget', () => {
  it('is what a router sees of it', () => {
    expect(pathOfTarget('/a?b#c')).toBe('/a');
    expect(pathOfTarget('https://api.example.com/a?b')).toBe('/a');
    expect(pathOfTarget('http://api.example.com')).toBe('/');
    expect(pathOfTarget('//a/b')).toBe('//a/b');
  });
});

describe('declaredOrigin', () => {
  it('is an origin, perhaps with the path that a proxy takes away', () => {
    expect(declaredOrigin('o', 'https://API.example.com')).toEqual({ origin: 'https://api.example.com', prefix: '' });
    expect(declaredOrigin('o', 'https://api.example.com/shop')).toEqual({
      origin: 'https://api.example.com',
      prefix: '/shop',
    });
  });

  it.each(['api.example.com', 'https://api.example.com/shop/', 'https://api.example.com?a', 'wss://api.example.com'])(
    'refuses %s',
    (text) => {
      expect(() => declaredOrigin('security.jwt.dpop.origin', text)).toThrow(
        /^security\.jwt\.dpop\.origin: .* is no origin/,
      );
    },
  );
});
