/** Which addresses and URLs may be asked? The rules alone, without any network. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMetadataAddress, isPublicAddress } from '../../lib/outbound/fetch/address-policy.js';
import { OutboundError } from '../../lib/outbound/fetch/outbound-error.js';
import { checkUrl, completeUrlPolicy, type UrlPolicyOptions } from '../../lib/outbound/fetch/url-policy.js';
import { HARMLESS_URLS, PUBLIC_ADDRESSES } from './harmless-urls.js';
import { HOSTILE_URLS, NAMES_THAT_POINT_INSIDE } from './hostile-urls.js';

const both: UrlPolicyOptions = { schemes: ['https', 'http'] };
const check = (url: string | URL, options: UrlPolicyOptions = {}): string =>
  checkUrl(url, completeUrlPolicy('test', options)).href;

/** The code that a URL is refused with; `allowed` when it is not. */
function codeOf(url: string, options?: UrlPolicyOptions): string {
  try {
    check(url, options);
    return 'allowed';
  } catch (error) {
    if (error instanceof OutboundError) return error.code;
    throw error;
  }
}

describe('isPublicAddress', () => {
  it.each(PUBLIC_ADDRESSES)('allows %s', (ip) => {
    expect(isPublicAddress(ip)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '127.0.0.1',
    '10.0.0.1',
    '100.64.0.0',
    '169.254.169.254',
    '168.63.129.16',
    '192.0.0.9',
    '192.0.0.10',
    '198.18.0.0',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:0:1.1.1.1',
    '::1.1.1.1',
    '64:ff9b::1.1.1.1',
    '64:ff9b:1::1.1.1.1',
    '2002:101:101::',
    '2001::1.1.1.1',
    '2600::5efe:1.1.1.1',
    'fe80::1',
    'fc00::1',
    '2001:db8::1',
  ])('refuses %s', (ip) => {
    expect(isPublicAddress(ip)).toBe(false);
  });

  it.each([
    '',
    ' ',
    'localhost',
    'example.com',
    '8.8.8',
    '8.8.8.8 ',
    ' 8.8.8.8',
    '8.8.8.8.',
    '8.8.8.8/32',
    '8.8.8.08',
    '010.8.8.8',
    '0x8.8.8.8',
    '134744072',
    '8.8.8.256',
    '８.8.8.8',
    '[2606:4700:4700::1111]',
    '2606:4700:4700::1111%eth0',
    '2606:4700:4700::1111%',
    '2606:4700:4700:::1111',
    '2606:4700:4700::g',
    '::ffff:8.8.8.8%1',
  ])('refuses %j, which is not the usual spelling of an address', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });

  it.each([undefined, null, 134744072, {}, ['8.8.8.8']])('refuses %j, which is no text', (value) => {
    expect(isPublicAddress(value as string)).toBe(false);
  });

  const ipv4 = fc.ipV4();
  const parts = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  const hex = (list: readonly number[]): string => list.map((part) => part.toString(16)).join(':');

  it('says the same of an IPv4 address and of its IPv4-mapped form, however that is written', () => {
    fc.assert(
      fc.property(ipv4, (ip) => {
        const [a, b, c, d] = ip.split('.').map(Number) as [number, number, number, number];
        const [high, low] = [(a << 8) | b, (c << 8) | d];
        const verdicts = [
          `::ffff:${ip}`,
          `::FFFF:${hex([high, low]).toUpperCase()}`,
          `0:0:0:0:0:ffff:${ip}`,
          `0000:0000:0000:0000:0000:ffff:${hex([high, low])}`,
        ].map(isPublicAddress);
        expect(verdicts).toEqual(verdicts.map(() => isPublicAddress(ip)));
      }),
    );
  });

  it('refuses what carries an IPv4 address any other way, even a public one', () => {
    fc.assert(
      fc.property(ipv4, (ip) => {
        const [a, b, c, d] = ip.split('.').map(Number) as [number, number, number, number];
        const pair = hex([(a << 8) | b, (c << 8) | d]);
        for (const text of [`::${ip}`, `64:ff9b::${ip}`, `64:ff9b:1::${ip}`, `2002:${pair}::1`, `2001:0:${pair}::1`])
          expect(isPublicAddress(text)).toBe(false);
      }),
    );
  });

  it('allows nothing outside 2000::/3 but IPv4-mapped addresses', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const outside = list[0]! >> 13 !== 1;
        const mapped = list.slice(0, 5).every((part) => part === 0) && list[5] === 0xffff;
        if (outside && !mapped) expect(isPublicAddress(hex(list))).toBe(false);
      }),
    );
  });

  it('does not mind upper case and leading zeros', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const long = list.map((part) => part.toString(16).padStart(4, '0')).join(':');
        expect(isPublicAddress(long.toUpperCase())).toBe(isPublicAddress(hex(list)));
      }),
    );
  });

  it('answers every text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof isPublicAddress(text) === 'boolean'));
  });

  it('knows the metadata services, which no list of exceptions opens', () => {
    expect(['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254'].map(isMetadataAddress)).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ['169.253.169.254', '10.0.0.1', '64:ff9b::a00:1', '::1', 'fd00:ec3::254', 'metadata'].filter(isMetadataAddress),
    ).toEqual([]);
  });

  it.each([
    '169.254.42.42',
    '169.254.0.23',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    'fe80::a9fe:a9fe',
    'fe80::a9fe:a9fe%eth0',
    'fe80::1%1',
    '::ffff:169.254.42.42',
  ])('knows them as %s', (address) => {
    expect(isMetadataAddress(address)).toBe(true);
  });
});

describe('checkUrl', () => {
  it.each(HARMLESS_URLS)('allows %s', (given, asked) => {
    expect(check(given, both)).toBe(asked);
  });

  it('has seen more than 200 hostile URLs', () => {
    const urls = HOSTILE_URLS.flatMap((group) => group.urls);
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls.length).toBeGreaterThan(200);
  });

  describe.each(HOSTILE_URLS)('refuses $trick', ({ urls, codes }) => {
    it.each(urls.map((url) => [url]))('%j', (url) => {
      expect(codes).toContain(codeOf(url, both));
    });
  });

  it.each(NAMES_THAT_POINT_INSIDE)('leaves %s to the look-up', (url) => {
    expect(codeOf(url, both)).toBe('allowed');
  });

  it('takes https alone, and http only when asked to', () => {
    expect(codeOf('http://example.com/')).toBe('scheme_refused');
    expect(codeOf('https://example.com/')).toBe('allowed');
    expect(codeOf('https://example.com/', { schemes: ['http'] })).toBe('scheme_refused');
  });

  it('allows the listed ports instead of the usual one', () => {
    const ports = [8443];
    expect(codeOf('https://example.com:8443/', { ports })).toBe('allowed');
    expect(codeOf('https://example.com/', { ports })).toBe('port_refused');
    expect(codeOf('https://example.com/', { ports: [443, 8443] })).toBe('allowed');
  });

  it('reads a URL object anew, whatever its class says', () => {
    const lying = (url: string): URL => Object.defineProperty(new URL(url), 'hostname', { value: 'example.com' });
    expect(() => check(lying('https://127.0.0.1/'))).toThrow('address_refused');
    expect(check(lying('https://example.com/'))).toBe('https://example.com/');
  });

  it('answers every text with a URL or a refusal', () => {
    const pieces = fc.constantFrom(
      '/',
      '\\',
      ':',
      '@',
      '#',
      '?',
      '%',
      '.',
      '[',
      ']',
      '0',
      '1',
      '7',
      '9',
      'a',
      'f',
      ' ',
      'x',
      '-',
      '\t',
      'http://',
      'https://',
      '127.0.0.1',
      'example.com',
    );
    const urls = fc.array(pieces, { maxLength: 12 }).map((list) => list.join(''));
    fc.assert(fc.property(urls, (url) => codeOf(url, both) !== ''));
  });

  describe('with allowed hosts', () => {
    const allowedHosts = ['api.example.com', '*.Partner.example', 'bücher.example', '93.184.216.34'];

    it.each([
      'https://api.example.com/',
      'https://API.example.com./',
      'https://a.partner.example/',
      'https://a.b.partner.example/',
      'https://xn--bcher-kva.example/',
      'https://93.184.216.34/',
    ])('allows %s', (url) => {
      expect(codeOf(url, { allowedHosts })).toBe('allowed');
    });

    it.each([
      'https://example.com/',
      'https://xapi.example.com/',
      'https://api.example.com.evil.test/',
      'https://a.api.example.com/',
      'https://partner.example/',
      'https://evilpartner.example/',
      'https://partner.example.evil.test/',
      'https://93.184.216.35/',
      'https://127.0.0.1/',
    ])('refuses %s', (url) => {
      expect(codeOf(url, { allowedHosts })).toBe('host_not_allowed');
    });

    it('does not open what is private', () => {
      expect(codeOf('https://10.0.0.1/', { allowedHosts: ['10.0.0.1'] })).toBe('address_refused');
      expect(codeOf('https://a.internal/', { allowedHosts: ['*.corp.internal', 'a.internal'] })).toBe(
        'host_not_allowed',
      );
    });
  });

  describe('with private hosts', () => {
    const open = { ...both, dangerouslyAllowPrivate: ['127.0.0.1:4010', 'db.internal', '[::1]:4010'] };

    it.each([
      'http://127.0.0.1:4010/',
      'http://127.1:4010/',
      'http://db.internal/',
      'https://db.internal/',
      'http://[::1]:4010/',
    ])('allows %s', (url) => {
      expect(codeOf(url, open)).toBe('allowed');
    });

    it.each([
      ['http://127.0.0.1/', 'address_refused'],
      ['http://127.0.0.1:4011/', 'address_refused'],
      ['http://127.0.0.2:4010/', 'address_refused'],
      ['http://localhost:4010/', 'host_not_allowed'],
      ['http://[::ffff:127.0.0.1]:4010/', 'address_refused'],
      ['http://db.internal:5432/', 'port_refused'],
      ['http://a.db.internal/', 'host_not_allowed'],
      ['http://169.254.169.254/', 'address_refused'],
    ])('refuses %s', (url, code) => {
      expect(codeOf(url, open)).toBe(code);
    });

    it('still asks for the list of hosts', () => {
      const narrow = { ...open, allowedHosts: ['api.example.com', 'db.internal'] };
      expect(codeOf('http://db.internal/', narrow)).toBe('allowed');
      expect(codeOf('http://127.0.0.1:4010/', narrow)).toBe('host_not_allowed');
    });
  });
});

describe('OutboundError', () => {
  it('tells a rule from a mishap', () => {
    expect(new OutboundError('address_refused', 'x').refused).toBe(true);
    expect(new OutboundError('timeout', 'x').refused).toBe(false);
  });

  it('names the address and never the path', () => {
    const reason = codeReason('https://10.0.0.1/secret?token=secret');
    expect(reason).toBe('address_refused: 10.0.0.1 is not a public address');
  });
});

function codeReason(url: string): string {
  try {
    return check(url);
  } catch (error) {
    return (error as Error).message;
  }
}
