/** Options that cannot be meant are refused when the fetch is made: the option, its value, the fix. */

import { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { createSafeFetch, type SafeFetchOptions } from '../../lib/fetch.js';
import { safeFetchOf } from '../../lib/outbound/fetch/safe-fetch.js';
import { TEST_CERTIFICATE } from '../edge/test-certificate.js';

const make = (options: unknown): unknown => createSafeFetch(options as SafeFetchOptions);

describe('the options of a safe fetch', () => {
  it.each<[what: string, options: SafeFetchOptions | undefined]>([
    ['none at all', undefined],
    ['an empty object', {}],
    ['http beside https', { schemes: ['https', 'http'] }],
    [
      'hosts in every form',
      { allowedHosts: ['a.example.com', '*.example.com', 'bücher.example', '1.1.1.1', '[2606::1]'] },
    ],
    ['ports', { ports: [443, 8443] }],
    ['private hosts', { dangerouslyAllowPrivate: ['127.0.0.1:4010', 'localhost', '[::1]:80', 'db.internal:5432'] }],
    ['bounds', { timeoutMs: 1, maxBytes: 1, redirects: 20 }],
    ['content types', { contentTypes: ['application/json', 'text/*', 'application/*+json'] }],
    ["Node's own look-up", { lookup }],
    ['a proxy', { proxy: 'http://user:pass@proxy.internal:3128' }],
    ['an authority', { tls: { ca: [TEST_CERTIFICATE] } }],
  ])('may be %s', (_what, options) => {
    expect(createSafeFetch(options)).toBeTypeOf('function');
  });

  it.each<[options: unknown, message: string]>([
    [[], 'createSafeFetch: an empty list is not an object.'],
    [null, 'createSafeFetch: null is not an object.'],
    [{ timeout: 1 }, 'createSafeFetch.timeout: unknown option. Did you mean `createSafeFetch.timeoutMs`?'],
    [{ allowHosts: [] }, 'Did you mean `createSafeFetch.allowedHosts`?'],
    [{ allowPrivate: true }, 'createSafeFetch.allowPrivate: unknown option.'],
    [{ timeoutMs: 0 }, 'createSafeFetch.timeoutMs: 0 is not a positive whole number.'],
    [{ timeoutMs: Infinity }, 'createSafeFetch.timeoutMs: Infinity is not'],
    [{ timeoutMs: 2 ** 31 }, 'createSafeFetch.timeoutMs: 2147483648 is longer than timers run.'],
    [{ timeoutMs: '5s' }, 'createSafeFetch.timeoutMs: "5s" is not'],
    [{ maxBytes: -1 }, 'createSafeFetch.maxBytes: -1 is not'],
    [{ maxBytes: Infinity }, 'createSafeFetch.maxBytes: Infinity is not'],
    [{ redirects: -1 }, 'createSafeFetch.redirects: -1 is not a number of redirects. Use a whole number from 0 to 20.'],
    [{ redirects: 21 }, 'createSafeFetch.redirects: 21'],
    [{ redirects: true }, 'createSafeFetch.redirects: true'],
    [{ schemes: [] }, 'createSafeFetch.schemes: an empty list'],
    [{ schemes: 'https' }, 'createSafeFetch.schemes: "https" is not a non-empty list'],
    [{ schemes: ['htp'] }, 'createSafeFetch.schemes[0]: "htp" is not one of the choices.'],
    [{ schemes: ['https:'] }, 'Did you mean "https"?'],
    [{ schemes: ['ftp'] }, 'createSafeFetch.schemes[0]: "ftp"'],
    [{ ports: [] }, 'createSafeFetch.ports: an empty list is not a list of ports.'],
    [{ ports: 443 }, 'createSafeFetch.ports: 443'],
    [{ ports: ['443'] }, 'createSafeFetch.ports[0]: "443" is not a port.'],
    [{ ports: [443, 65_536] }, 'createSafeFetch.ports[1]: 65536 is not a port.'],
    [{ allowedHosts: [] }, 'createSafeFetch.allowedHosts: an empty list'],
    [{ allowedHosts: ['*'] }, 'createSafeFetch.allowedHosts[0]: "*" is not a host.'],
    [{ allowedHosts: ['*.com'] }, 'createSafeFetch.allowedHosts[0]: "*.com" is not a host.'],
    [{ allowedHosts: ['a.*.com'] }, 'is not a host.'],
    [{ allowedHosts: ['*.1.1.1.1'] }, 'is not a host.'],
    [{ allowedHosts: ['https://a.example.com'] }, 'is not a host.'],
    [{ allowedHosts: ['a.example.com:443'] }, 'is not a host.'],
    [{ allowedHosts: ['a.example.com/'] }, 'is not a host.'],
    [{ allowedHosts: ['a.example.com.'] }, 'is not a host.'],
    [{ allowedHosts: ['user@a.example.com'] }, 'is not a host.'],
    [{ allowedHosts: [/example/] }, 'createSafeFetch.allowedHosts: a list of 1 is not'],
    [{ dangerouslyAllowPrivate: true }, 'createSafeFetch.dangerouslyAllowPrivate: true is not'],
    [
      { dangerouslyAllowPrivate: ['10.0.0.0/8'] },
      'createSafeFetch.dangerouslyAllowPrivate[0]: "10.0.0.0/8" is not a host',
    ],
    [{ dangerouslyAllowPrivate: ['*.internal'] }, 'is not a host with perhaps a port.'],
    [{ dangerouslyAllowPrivate: ['http://127.0.0.1'] }, 'is not a host with perhaps a port.'],
    [{ dangerouslyAllowPrivate: ['127.0.0.1:0'] }, 'is not a host with perhaps a port.'],
    [{ dangerouslyAllowPrivate: ['127.0.0.1:99999'] }, 'is not a host with perhaps a port.'],
    [{ dangerouslyAllowPrivate: ['::1'] }, 'is not a host with perhaps a port.'],
    [{ dangerouslyAllowPrivate: ['169.254.169.254'] }, '"169.254.169.254" is the metadata service of a cloud'],
    [{ dangerouslyAllowPrivate: ['0xa9fea9fe'] }, 'is the metadata service of a cloud'],
    [{ dangerouslyAllowPrivate: ['[fd00:ec2::254]:80'] }, 'is the metadata service of a cloud'],
    [{ dangerouslyAllowPrivate: ['metadata.google.internal:80'] }, 'is the metadata service of a cloud'],
    [{ contentTypes: ['json'] }, 'createSafeFetch.contentTypes[0]: "json" is not a content type.'],
    [{ contentTypes: ['*/*'] }, 'is not a content type.'],
    [{ contentTypes: ['text/html; charset=utf-8'] }, 'is not a content type.'],
    [{ contentTypes: [] }, 'createSafeFetch.contentTypes: an empty list'],
    [{ lookup: 'dns' }, 'createSafeFetch.lookup: "dns" is not a function.'],
    [{ proxy: 'proxy:3128' }, 'createSafeFetch.proxy: is not the URL of a proxy.'],
    [{ proxy: 'socks5://proxy.example.com' }, 'createSafeFetch.proxy: is not'],
    [{ proxy: 'http://proxy.example.com/path' }, 'createSafeFetch.proxy: is not'],
    [
      { proxy: 'http://u%:p@proxy.example.com' },
      'createSafeFetch.proxy: its credentials hold a % that begins no escape.',
    ],
    [{ tls: { rejectUnauthorized: false } }, 'createSafeFetch.tls.rejectUnauthorized: unknown option. Known: ca.'],
    [{ tls: { ca: 'x' } }, 'createSafeFetch.tls.ca: "x" holds no certificate.'],
    [{ tls: { ca: [] } }, 'createSafeFetch.tls.ca: an empty list holds no certificate.'],
  ])('may not be %j', (options, message) => {
    expect(() => make(options)).toThrow(TypeError);
    expect(() => make(options)).toThrow(message);
  });

  it('are not shown where they hold a password', () => {
    expect(() => make({ proxy: 'ftp://user:secret@proxy.example.com' })).toThrow(/^(?!.*secret)/);
  });

  it('are named by the place where they stand', () => {
    expect(() => safeFetchOf('outbound.safeFetch', { maxBytes: 0 })).toThrow(/^outbound\.safeFetch\.maxBytes: 0 /);
  });
});
