import 'reflect-metadata';
import { Body, Controller, Post } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Optional, Public, Returns, SafeUrl } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class Preview {
  @SafeUrl() url!: string;
}
class Hook {
  @SafeUrl({ allowedHosts: ['*.example.com'], ports: [443, 8443] }) url!: string;
}
class Many {
  @SafeUrl({}, { each: true }) urls!: string[];
  @Optional() @SafeUrl() more?: string;
}

const messages = async (type: new () => object, value: object): Promise<string[]> =>
  (await validate(plainToInstance(type, value))).flatMap(({ constraints }) => Object.values(constraints ?? {}));

describe('@SafeUrl()', () => {
  it.each([
    'https://example.com',
    'https://example.com/a?b=c#d',
    'https://EXAMPLE.com:443/',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]/',
    'https://b\u00FCcher.example/',
    // Whoever looks this up may find 127.0.0.1: that is judged when it is dialled.
    'https://localtest.me/',
  ])('takes %s', async (url) => {
    expect(await messages(Preview, { url })).toEqual([]);
  });

  it.each([
    'http://example.com',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    '//example.com',
    '/etc/passwd',
    'example.com',
    '',
    'https://',
    'https://user@example.com',
    'https:\\\\example.com',
    'https:/example.com',
    'https:example.com',
    'https://example.com\\@127.0.0.1/',
    ' https://example.com',
    'https://example.com\n',
    'https://exa\tmple.com',
    'https://example.com/a b',
    'https://user:pass@example.com',
    'https://example.com:8443',
    'https://localhost',
    'https://127.0.0.1',
    'https://127.1',
    'https://0x7f000001',
    'https://2130706433',
    'https://0177.0.0.1',
    'https://10.0.0.1',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://169.254.169.254/latest/meta-data/',
    'https://metadata.google.internal',
    'https://intranet',
    'https://127.0.0.1\u3002',
    `https://example.com/${'a'.repeat(2048)}`,
    7,
    null,
    undefined,
    {},
    ['https://example.com'],
  ])('refuses %j in the same words', async (url) => {
    expect(await messages(Preview, { url })).toEqual(['url must be a URL that this API may ask']);
  });

  it('keeps to the lists that it is given', async () => {
    expect(await messages(Hook, { url: 'https://hooks.example.com:8443/x' })).toEqual([]);
    for (const url of ['https://example.com', 'https://example.com.evil.test', 'https://a.example.com:444']) {
      expect(await messages(Hook, { url }), url).toHaveLength(1);
    }
  });

  it('judges each URL of a list, and leaves out what may be left out', async () => {
    expect(await messages(Many, { urls: ['https://a.example', 'https://b.example'] })).toEqual([]);
    expect(await messages(Many, { urls: ['https://a.example', 'https://10.0.0.1'] })).toHaveLength(1);
    expect(await messages(Many, { urls: [], more: 'https://10.0.0.1' })).toHaveLength(1);
  });

  it('stops a class with options that mean nothing', () => {
    expect(() => SafeUrl({ scheme: ['https'] } as never)).toThrow('Did you mean `SafeUrl.schemes`?');
    expect(() => SafeUrl({ maxLength: 0 })).toThrow('SafeUrl.maxLength: 0');
    expect(() => SafeUrl({ schemes: ['gopher'] as never })).toThrow('SafeUrl.schemes[0]: "gopher"');
  });
});

@Controller('previews')
class PreviewController {
  @Post()
  @Public('a test')
  @Returns(String)
  preview(@Body() { url }: Preview) {
    return url;
  }
}

describe.each(PLATFORMS)('a body with a safe URL on %s', (platform) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await bootApp({ platform, controllers: [PreviewController] });
  });
  afterAll(() => app.close());

  it('is let in, or refused with a pointer and no echo', async () => {
    const good = await app.send('POST /previews', { body: { url: 'https://example.com/' } });
    expect([good.status, good.text]).toEqual([201, 'https://example.com/']);
    const bad = await app.send('POST /previews', { body: { url: 'https://169.254.169.254/secret' } });
    expect(bad).toMatchObject({
      status: 400,
      body: { errors: [{ detail: 'url must be a URL that this API may ask', pointer: '#/url' }] },
    });
    expect(bad.text).not.toContain('169.254');
  });
});
