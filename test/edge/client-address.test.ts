/** Who the client is, for every spelling and every lie. */

import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientAddress, ForwardedClientAddress, type ClientAddressOptions } from '../../lib/edge/client-address.js';
import { Proxies } from '../../lib/edge/proxies.js';

interface Wire {
  readonly peer?: string | undefined;
  readonly tls?: boolean;
  readonly headers?: Record<string, string>;
}

function request({ peer, tls, headers = {} }: Wire): IncomingMessage {
  return { socket: { remoteAddress: peer, encrypted: tls }, headers } as unknown as IncomingMessage;
}

const from = (wire: Wire, options?: ClientAddressOptions): string => clientAddress(request(wire), options);

describe('the address of a direct client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
  ])('of peer %s is %s', (peer, key) => {
    expect(from({ peer })).toBe(key);
  });

  it('is the same for every address of one /64, and another for the next', () => {
    expect(from({ peer: '2001:db8:0:1:ffff::9' })).toBe(from({ peer: '2001:db8:0:1::' }));
    expect(from({ peer: '2001:db8:0:2::' })).not.toBe(from({ peer: '2001:db8:0:1::' }));
  });

  it('is not what a header says', () => {
    const headers = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9' };
    expect(from({ peer: '192.0.2.1', headers })).toBe('192.0.2.1');
    expect(from({ peer: '192.0.2.1', headers }, { proxies: ['10.0.0.0/8'] })).toBe('192.0.2.1');
  });

  it('is unknown on a socket without addresses', () => {
    expect(from({ peer: undefined, headers: { 'x-forwarded-for': '203.0.113.9' } })).toBe('unknown');
  });
});

describe('the address behind declared proxies', () => {
  const behind = (value: string, peer = '10.0.0.1'): string =>
    from({ peer, headers: { 'x-forwarded-for': value } }, { proxies: ['10.0.0.0/8', 'loopback', 'unix', 'fd00::/8'] });

  it.each<[string, string, string]>([
    ['what the proxy saw', '203.0.113.9', '203.0.113.9'],
    ['the nearest that is no proxy', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['the nearest beyond several proxies', '198.51.100.1, 203.0.113.9, 10.0.0.3, 10.0.0.2', '203.0.113.9'],
    ['the proxy, when there is nothing else', '10.0.0.9', '10.0.0.9'],
    ['the proxy, when the hop is garbage', 'not-an-address', '10.0.0.1'],
    ['the proxy, when the hop is empty', '', '10.0.0.1'],
    ['the proxy that let garbage in', '203.0.113.9, nonsense, 10.0.0.2', '10.0.0.2'],
    ['no address in octal', '0313.0.0161.011', '10.0.0.1'],
    ['no shortened address', '203.9', '10.0.0.1'],
    ['an address with a port', '203.0.113.9:4711', '203.0.113.9'],
    ['an IPv6 address', '2001:db8:1:2::3', '2001:db8:1:2::/64'],
    ['an IPv6 address with a port', '[2001:db8:1:2::3]:4711', '2001:db8:1:2::/64'],
    ['a mapped IPv4 address', '::ffff:203.0.113.9', '203.0.113.9'],
    ['no address with a nonsensical port', '203.0.113.9:x', '10.0.0.1'],
  ])('is %s', (_what, value, key) => {
    expect(behind(value)).toBe(key);
  });

  it('is read whatever spelling the proxy has', () => {
    expect(behind('203.0.113.9', '::ffff:10.0.0.1')).toBe('203.0.113.9');
    expect(behind('203.0.113.9', 'fd00::1')).toBe('203.0.113.9');
    expect(behind('203.0.113.9', '::1')).toBe('203.0.113.9');
  });

  it('is read from a Unix socket where that is declared', () => {
    expect(from({ headers: { 'x-forwarded-for': '203.0.113.9' } }, { proxies: ['unix'] })).toBe('203.0.113.9');
    expect(from({ headers: {} }, { proxies: ['unix'] })).toBe('unknown');
  });
});

describe('the Forwarded header (RFC 7239)', () => {
  const behind = (forwarded: string): string =>
    from({ peer: '10.0.0.1', headers: { forwarded } }, { proxies: ['10.0.0.0/8'], forwardedHeader: 'forwarded' });

  it.each([
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::/64'],
    ['for=198.51.100.1, for=192.0.2.43', '192.0.2.43'],
    ['for=192.0.2.43, for="10.0.0.2:80"', '192.0.2.43'],
    ['for="192.0.2.43, for=10.0.0.2"', '10.0.0.1'],
    ['for=unknown', '10.0.0.1'],
    ['for=_hidden', '10.0.0.1'],
    ['proto=https', '10.0.0.1'],
    ['for="192.0.2.43', '10.0.0.1'],
  ])('%s names %s', (value, key) => {
    expect(behind(value)).toBe(key);
  });

  it('is not read where proxies write X-Forwarded-For', () => {
    const headers = { forwarded: 'for=192.0.2.60', 'x-forwarded-for': '203.0.113.9' };
    expect(from({ peer: '10.0.0.1', headers }, { proxies: ['10.0.0.0/8'] })).toBe('203.0.113.9');
  });
});

describe('the scheme', () => {
  const settings = (header: 'x-forwarded-for' | 'forwarded', proxies: string[]) =>
    new ForwardedClientAddress({ proxies: new Proxies(proxies), forwardedHeader: header });

  it('is secure on a TLS socket', () => {
    expect(settings('x-forwarded-for', []).isSecure(request({ peer: '192.0.2.1', tls: true }))).toBe(true);
    expect(settings('x-forwarded-for', []).isSecure(request({ peer: '192.0.2.1' }))).toBe(false);
  });

  it.each<[string, string, boolean]>([
    ['10.0.0.1', 'https', true],
    ['10.0.0.1', 'HTTPS, https', true],
    ['10.0.0.1', 'http', false],
    ['10.0.0.1', 'https, http', false],
    ['10.0.0.1', '', false],
    ['192.0.2.1', 'https', false],
  ])('that %s says is %j counts as secure: %s', (peer, proto, expected) => {
    const wire = request({ peer, headers: { 'x-forwarded-proto': proto } });
    expect(settings('x-forwarded-for', ['10.0.0.0/8']).isSecure(wire)).toBe(expected);
  });

  it('is that of the outermost proxy with Forwarded', () => {
    const wire = (forwarded: string) => request({ peer: '10.0.0.1', headers: { forwarded } });
    const addresses = settings('forwarded', ['10.0.0.0/8']);
    expect(addresses.isSecure(wire('for=192.0.2.1;proto=https, for=10.0.0.2;proto=http'))).toBe(true);
    expect(addresses.isSecure(wire('for=192.0.2.1;proto=http, for=10.0.0.2;proto=https'))).toBe(false);
    expect(addresses.isSecure(wire('for=192.0.2.66;proto=https, for=192.0.2.1;proto=http'))).toBe(false);
  });
});

it('answers the same after it has met more addresses than it remembers', () => {
  const addresses = new ForwardedClientAddress({ proxies: new Proxies(), forwardedHeader: 'x-forwarded-for' });
  const keyOf = (index: number): string => addresses.of(request({ peer: `2001:db8:0:${index.toString(16)}::1` }));
  const first = keyOf(1);
  const keys = new Set(Array.from({ length: 10_000 }, (_, index) => keyOf(index)));
  expect(keys.size).toBe(10_000);
  expect(keyOf(1)).toBe(first);
});
