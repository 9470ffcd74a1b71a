/** Whose certificates count for whom: an authority of one partner's is none for anybody else. */

import 'reflect-metadata';
import { createServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { SecurityEvents } from '../../lib/core/events.js';
import { ThirdPartyClient, type UpstreamOptions } from '../../lib/index.js';
import { outboundSettings } from '../../lib/outbound/outbound.options.js';
import { FrozenClock } from '../app.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../edge/test-certificate.js';
import { closeAll, listen, type Loopback } from './loopback.js';
import { bootSender, SIGN } from './webhook-app.js';

afterEach(closeAll);

const secure = (): Promise<Loopback> =>
  listen(
    createServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (_request, response) => response.end()).on(
      'tlsClientError',
      () => undefined,
    ),
    [],
  );

describe('an authority', () => {
  it('of one upstream is that of no other', async () => {
    const { host } = await secure();
    const partner = { baseUrl: `https://${host}`, dangerouslyAllowPrivate: [host], retries: 0 };
    const upstreams: Record<string, UpstreamOptions> = {
      trusted: { ...partner, tls: { ca: TEST_CERTIFICATE } },
      unknown: partner,
    };
    const client = new ThirdPartyClient(outboundSettings({ upstreams }), new SecurityEvents(), new FrozenClock());
    expect(await client.put('trusted', '/v1')).toBeUndefined();
    await expect(client.put('unknown', '/v1')).rejects.toMatchObject({ reason: expect.stringContaining('network') });
  });

  it('of one endpoint is that of no other', async () => {
    const { host } = await secure();
    const endpoint = { url: `https://${host}/`, sign: SIGN, dangerouslyAllowPrivate: [host], scheduleMs: [] };
    const webhooks = { trusted: { ...endpoint, tls: { ca: TEST_CERTIFICATE } }, unknown: endpoint };
    const t = await bootSender({ webhooks });
    const outcomeOf = async (name: string) => (await t.webhooks.send(name, { type: 'x', data: 1 })).outcome;
    expect(await outcomeOf('trusted')).toMatchObject({ delivered: true });
    expect(await outcomeOf('unknown')).toMatchObject({ delivered: false, reason: 'network' });
    await t.close();
  });

  it('of the whole of outbound is the default of those that the app names, and none of the captchas', async () => {
    const tls = { ca: TEST_CERTIFICATE };
    const own = { tls: {} };
    const settings = outboundSettings({
      tls,
      upstreams: { a: { baseUrl: 'https://a.example' }, b: { baseUrl: 'https://b.example', ...own } },
    });
    expect([settings.upstreams.get('a')!.tls, settings.upstreams.get('b')!.tls]).toEqual([tls, {}]);
    // Whatever else the app asks by itself goes by this.
    expect(settings.network).not.toHaveProperty('tls');
  });
});
