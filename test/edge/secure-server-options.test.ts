/** TLS 1.3, or a reason why not. */

import { describe, expect, it } from 'vitest';
import { secureServerOptions } from '../../lib/index.js';

const pair = { key: 'key', cert: 'cert' };

describe('secureServerOptions', () => {
  it('asks for TLS 1.3 and keeps the rest', () => {
    expect(secureServerOptions({ ...pair, ca: 'ca' })).toEqual({ ...pair, ca: 'ca', minVersion: 'TLSv1.3' });
    expect(secureServerOptions({ pfx: 'pfx' })).toEqual({ pfx: 'pfx', minVersion: 'TLSv1.3' });
  });

  it.each<[string, object, string]>([
    ['no certificate', { key: 'key' }, 'no certificate'],
    ['TLS 1.2', { ...pair, minVersion: 'TLSv1.2' }, 'secureServerOptions.minVersion: "TLSv1.2" is an old protocol.'],
    ['nothing but TLS 1.2', { ...pair, maxVersion: 'TLSv1.2' }, 'secureServerOptions.maxVersion'],
    [
      'TLS 1.1 even when 1.2 is allowed',
      { ...pair, dangerouslyAllowTls12: true, minVersion: 'TLSv1.1' },
      'is an old protocol',
    ],
    ['a protocol by hand', { ...pair, secureProtocol: 'TLSv1_method' }, 'overrides minVersion'],
  ])('refuses %s', (_what, options, message) => {
    expect(() => secureServerOptions(options)).toThrow(TypeError);
    expect(() => secureServerOptions(options)).toThrow(message);
  });

  it('serves TLS 1.2 only when somebody wrote that this is dangerous', () => {
    expect(secureServerOptions({ ...pair, dangerouslyAllowTls12: true })).toEqual({ ...pair, minVersion: 'TLSv1.2' });
  });
});
