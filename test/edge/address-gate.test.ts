/** An address that used up its failures is refused at the edge, before anything else is looked at. */

import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { perMinute, Public, secureApp } from '../../lib/index.js';
import { bootApp, PLATFORMS } from '../app.js';

@Public('tests')
@Controller()
class Hello {
  @Get()
  hello() {
    return 'hello';
  }
}

describe.each(PLATFORMS)('a blocked address on %s', (platform) => {
  it('gets 429 for whatever it sends, and is let in again in time; others never notice', async () => {
    const t = await bootApp({
      platform,
      controllers: [Hello],
      security: { throttling: { address: perMinute(2) } },
      prepare: (app) => secureApp(app, { hosts: ['127.0.0.1'], proxies: ['loopback'] }),
    });
    const from = (address: string, line = 'GET /', headers = {}) =>
      t.send(line, { headers: { 'x-forwarded-for': address, ...headers } });

    await from('203.0.113.9', 'GET /nowhere');
    await from('203.0.113.9', 'GET /nowhere');
    t.events.length = 0;
    const blocked = await from('203.0.113.9', 'GET /', { host: 'evil.example' });
    const asMapped = await from('::ffff:203.0.113.9');
    const other = await from('203.0.113.10');
    t.clock.advance(60_000);
    const later = await from('203.0.113.9');
    await t.close();

    expect(blocked.status).toBe(429);
    expect(blocked.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(blocked.headers['content-type']).toBe('application/problem+json');
    expect(blocked.headers).toHaveProperty('strict-transport-security');
    expect(blocked.body).toMatchObject({ status: 429, title: 'Too many requests.' });
    expect(t.events[0]).toMatchObject({
      kind: 'edge_refused',
      code: 'rate_limited',
      reason: 'address_blocked',
      subject: { address: '203.0.113.9' },
    });
    expect(asMapped.status).toBe(429);
    expect([other.status, later.status]).toEqual([200, 200]);
  });
});
