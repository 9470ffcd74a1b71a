import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AllowedNetworks, isNetwork } from '../../lib/authentication/api-key/allowed-networks.js';
import { API_KEY_LENGTH, newApiKey, readApiKey } from '../../lib/authentication/api-key/api-key.js';
import { overlapMs } from '../../lib/authentication/api-key/overlap.js';

describe('an API key', () => {
  it('is a prefix, an id, 256 bits of secret and a checksum, in letters and digits', () => {
    const texts = Array.from({ length: 200 }, () => newApiKey());
    for (const { id, text } of texts) {
      expect(text).toMatch(/^bwk_[0-9A-Za-z]{22}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
      expect(text).toHaveLength(API_KEY_LENGTH);
      expect(readApiKey(text)).toEqual({ id, text });
    }
    expect(new Set(texts.map(({ id }) => id)).size).toBe(200);
    expect(new Set(texts.map(({ text }) => text.split('_')[2])).size).toBe(200);
  });

  it('keeps its id with a new secret', () => {
    const first = newApiKey();
    const second = newApiKey(first.id);
    expect(second.id).toBe(first.id);
    expect(second.text).not.toBe(first.text);
  });

  it('has the CRC32 of the rest for a checksum', () => {
    const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const { text } = newApiKey();
    const value = Array.from(text.slice(-6)).reduce((sum, letter) => sum * 62 + letters.indexOf(letter), 0);
    expect(value).toBe(crc32(text.slice(0, -7)));
  });

  it('is known for mistyped wherever one letter is another', () => {
    const { text } = newApiKey();
    for (let at = 0; at < text.length; at++) {
      const wrong = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
      expect(readApiKey(wrong), String(at)).toEqual({ malformed: expect.stringMatching(/^api_key_(form|checksum)$/) });
    }
  });

  it.each([
    ['', 'api_key_length'],
    ['x'.repeat(API_KEY_LENGTH), 'api_key_form'],
    ['x'.repeat(10_000), 'api_key_length'],
    [newApiKey().text.slice(0, -1), 'api_key_length'],
    [`${newApiKey().text} `, 'api_key_length'],
    [newApiKey().text.replace('bwk_', 'bwr_'), 'api_key_form'],
    [`${newApiKey().text.slice(0, -1)}\n`, 'api_key_form'],
  ])('is not %j', (text, malformed) => {
    expect(readApiKey(text)).toEqual({ malformed });
  });
});

describe('the networks of a key', () => {
  it.each(['203.0.113.0/24', '203.0.113.9', '0.0.0.0/0', '2001:db8::/32', '2001:db8:1:2::/64', '::/0'])(
    'may be %s',
    (text) => {
      expect(isNetwork(text)).toBe(true);
    },
  );

  it.each([
    '',
    'example.com',
    '203.0.113.0/33',
    '203.0.113.0/',
    '203.0.113.0/24/8',
    '203.0.113/24',
    '010.0.0.1',
    '2001:db8::1',
    '2001:db8::/65',
    'fe80::1%eth0/64',
    '::ffff:203.0.113.0/24',
    '203.0.113.0/-1',
    7,
    null,
  ])('may not be %j', (text) => {
    expect(isNetwork(text)).toBe(false);
  });

  it('hold addresses as the library tells them', () => {
    const networks = new AllowedNetworks(['203.0.113.0/24', '198.51.100.7', '2001:db8:1::/48']);
    for (const address of ['203.0.113.0', '203.0.113.255', '198.51.100.7', '2001:db8:1:ff::/64', '2001:db8:1::5']) {
      expect(networks.holds(address), address).toBe(true);
    }
    for (const address of ['203.0.114.0', '198.51.100.8', '2001:db8:2::/64', '::/64', 'unknown', '', undefined]) {
      expect(networks.holds(address), address).toBe(false);
    }
  });
});

describe('a range of IPv6', () => {
  it.each(['::/0', '2000::/3', '2001:db8::/32'])('%s holds no IPv4 client', (range) => {
    const networks = new AllowedNetworks([range]);
    for (const address of ['198.51.100.1', '127.0.0.1', '0.0.0.0'])
      expect(networks.holds(address), address).toBe(false);
  });

  it.each(['::/64', '::1/64', '0:0:0:0:0:ffff::/64', '0::ffff:203.0.113.0/64', '::ffff:0:0/64', '::/16'])(
    'of addresses that stand for others is none: %s',
    (range) => {
      expect(isNetwork(range)).toBe(false);
    },
  );
});

describe('an overlap', () => {
  it.each([
    ['30d', 2_592_000_000],
    ['12h', 43_200_000],
    ['90m', 5_400_000],
    [0, 0],
    [undefined, 2_592_000_000],
  ] as const)('of %s is %i ms', (overlap, ms) => {
    expect(overlapMs(overlap)).toBe(ms);
  });

  it.each(['30', '30 d', '-1d', '1.5d', 'd', '30y', 30, 1500, -1, NaN, Infinity, null, {}])('is not %j', (overlap) => {
    expect(() => overlapMs(overlap as never)).toThrow(/^ApiKeyService\.rotate\.overlap: .* is no length of time\. Use/);
  });
});
