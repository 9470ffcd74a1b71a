/** A wrong option stops the boot and says how to mend it. */

import { describe, expect, it } from 'vitest';
import { edgeSettings, type EdgeOptions } from '../../lib/edge/edge.options.js';
import { SecurityModule } from '../../lib/index.js';

const production = { production: true, variables: {} };
const development = { production: false, variables: {} };

describe('the options of the edge', () => {
  it.each<[string, unknown, string]>([
    ['a misspelled name', { host: [] }, 'security.edge.host: unknown option. Did you mean `security.edge.hosts`?'],
    ['no hosts', { hosts: [] }, 'security.edge.hosts: an empty list names no host.'],
    [
      'a host with a scheme',
      { hosts: ['https://a.example'] },
      'security.edge.hosts[0]: "https://a.example" is not a host.',
    ],
    ['a wildcard host', { hosts: ['*.a.example'] }, 'is not a host.'],
    [
      'an origin with a path',
      { origins: ['https://a.example/'] },
      'security.edge.origins[0]: "https://a.example/" is not an origin.',
    ],
    ['an origin without a scheme', { origins: ['a.example'] }, 'is not an origin.'],
    ['a wildcard origin', { origins: ['https://*.a.example'] }, 'is not an origin.'],
    ['an origin with a name in it', { origins: ['https://u@a.example'] }, 'is not an origin.'],
    ['an escaped origin', { origins: ['https://a%2eexample'] }, 'is not an origin.'],
    [
      'one origin, not in a list',
      { origins: 'https://a.example' },
      'security.edge.origins: "https://a.example" is not a list.',
    ],
    ['every origin', { origins: ['*'] }, 'security.edge.origins[0]: "*" lets every page read the answers.'],
    ['the null origin', { origins: ['null'] }, 'lets every page read the answers.'],
    ['every header', { allowedHeaders: ['*'] }, 'security.edge.allowedHeaders[0]: "*" is not a header name.'],
    ['TRACE', { methods: ['TRACE'] }, 'security.edge.methods[0]: "TRACE" is never answered.'],
    ['a method in lower case', { methods: ['get'] }, 'Did you mean "GET"?'],
    ['no methods', { methods: [] }, 'names no method.'],
    [
      'a size without a unit that we know',
      { bodyLimit: '1 GB' },
      'security.edge.bodyLimit: "1 GB" is not a size. Use e.g. \'100 KiB\'',
    ],
    ['a negative size', { uploadLimit: -1 }, 'security.edge.uploadLimit: -1 is not a size.'],
    ['an endless body', { bodyLimit: Infinity }, 'is not a size.'],
    ['no content type', { contentTypes: [] }, 'security.edge.contentTypes: an empty list'],
    ['trust in everybody', { proxies: true }, 'security.edge.proxies: true does not say who the proxies are.'],
    ['a number of hops', { proxies: 1 }, 'security.edge.proxies: 1 does not say who the proxies are.'],
    [
      'the whole internet as a proxy',
      { proxies: ['0.0.0.0/0'] },
      'security.edge.proxies[0]: "0.0.0.0/0" is everybody.',
    ],
    ['a misspelled range', { proxies: ['loopbak'] }, 'Did you mean "loopback"?'],
    ['a range that is too narrow', { proxies: ['10.0.0.0/33'] }, 'is no address range.'],
    ['a proxy by name', { proxies: ['proxy.internal'] }, 'is no address range.'],
    [
      'another header',
      { forwardedHeader: 'x-real-ip' },
      'security.edge.forwardedHeader: "x-real-ip" is not one of the choices.',
    ],
    ['a third way with TLS', { https: 'redirects' }, 'Did you mean "redirect"?'],
    ['a header of two lines', { headers: { cacheControl: 'a\nb' } }, 'security.edge.headers.cacheControl: '],
    ['CSRF options that do not exist', { csrf: { excludes: [] } }, 'Did you mean `security.edge.csrf.exclude`?'],
  ])('refuse %s', (_what, options, message) => {
    const complete = (): unknown => edgeSettings(options as EdgeOptions, production);
    expect(complete).toThrow(TypeError);
    expect(complete).toThrow(message);
  });

  it('let * and null through in development, but not together with credentials', () => {
    expect(edgeSettings({ origins: ['*'] }, development).origins.any).toBe(true);
    expect([...edgeSettings({ origins: ['null'] }, development).origins.listed]).toEqual(['null']);
    expect(() => edgeSettings({ origins: ['*'], credentials: true }, development)).toThrow(
      'cannot go with credentials',
    );
  });

  it('serialise origins as browsers do', () => {
    const { origins } = edgeSettings({ origins: ['HTTPS://App.Example.COM:443', 'http://[::1]:80'] }, production);
    expect([...origins.listed]).toEqual(['https://app.example.com', 'http://[::1]']);
  });

  it('default to a closed edge', () => {
    const settings = edgeSettings({}, production);
    expect(settings).toMatchObject({
      hosts: undefined,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      bodyLimit: 102_400,
      uploadLimit: 10_485_760,
      https: 'require',
      csrf: { trustedOrigins: [] },
    });
    expect(settings.proxies.any).toBe(false);
    expect(edgeSettings({}, development).https).toBe('off');
  });

  it('do not write into the object that they were given', () => {
    const options = Object.freeze({ origins: Object.freeze(['https://a.example']) });
    expect(() => edgeSettings(options, production)).not.toThrow();
  });

  it('are checked by forRoot already', () => {
    expect(() => SecurityModule.forRoot({ edge: { bodyLimit: 'big' } })).toThrow(
      'security.edge.bodyLimit: "big" is not a size.',
    );
  });
});
