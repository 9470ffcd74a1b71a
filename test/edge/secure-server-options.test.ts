/** TLS 1.3, or a reason why not. */

import { get } from 'node:https';
import { connect, type ConnectionOptions } from 'node:tls';
import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Public, Returns, secureApp, secureServerOptions } from '../../lib/index.js';
import { bootApp, PLATFORMS } from '../app.js';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.js';

@Controller()
class OpenController {
  @Get()
  @Public()
  @Returns(String)
  read() {
    return 'open';
  }
}

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

describe.each(PLATFORMS)('an app behind it on %s', (platform) => {
  it('speaks TLS 1.3, and no older protocol', async () => {
    const t = await bootApp({
      platform,
      controllers: [OpenController],
      tls: secureServerOptions({ key: TEST_KEY, cert: TEST_CERTIFICATE }),
      prepare: (app) => secureApp(app, { https: 'require' }),
    });
    const port = Number(new URL(t.url).port);
    expect(await handshake(port, {})).toBe('TLSv1.3');
    expect(await handshake(port, { maxVersion: 'TLSv1.2' })).toMatch(/alert|version/i);
    expect(await statusOver(port)).toBe(200);
    await t.close();
  });
});

/** The protocol that was agreed on, or why there was none. */
function handshake(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(
      { host: '127.0.0.1', port, ca: TEST_CERTIFICATE, servername: 'localhost', ...options },
      () => {
        resolve(socket.getProtocol() ?? 'none');
        socket.destroy();
      },
    );
    socket.on('error', (error) => resolve(error.message));
  });
}

function statusOver(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca: TEST_CERTIFICATE, servername: 'localhost', agent: false };
    get(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    }).on('error', reject);
  });
}
