/** A page of somebody else opens a GraphQL socket from the browser of a user, or under a name that was made to point here. */

import { afterEach, describe, expect, it } from 'vitest';
import { secureApp } from '../../lib/index.js';
import { openLibrary, type Library } from '../graphql/library.js';
import { SocketClient, subscribing } from '../graphql/socket-client.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';

const LOOKALIKES = [
  'https://evil.example',
  'null',
  'https://app.example.com.evil.example',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com/',
  'file://',
  '',
];

describe.each(GRAPHQL_HOSTS)('a page of another site, $name', (host) => {
  let t: Library;
  let client: SocketClient | undefined;
  afterEach(async () => {
    await client?.close();
    await t.close();
  });
  const boot = async (edge: Parameters<typeof secureApp>[1]) => {
    t = await openLibrary(host, {}, { prepare: (app) => secureApp(app, edge) }, subscribing(host));
  };
  const outcome = async (headers: Record<string, string>) => {
    t.events.length = 0;
    const params = { authorization: `Bearer ${await tokenFor('alice')}` };
    client = new SocketClient(t.url, { params, headers });
    const { refused, values } = await client.hear('subscription { news }');
    await client.close();
    const [first] = t.events;
    return refused ?? (values.length === 2 && first?.kind === 'access_allowed' ? 'heard' : 'nothing');
  };
  const reason = () => t.events.map((event) => 'reason' in event && event.reason);

  it('is refused before the upgrade is answered, and the listed one is not', async () => {
    await boot({ hosts: ['127.0.0.1'], origins: ['https://app.example.com'] });
    for (const origin of LOOKALIKES) {
      expect([origin, await outcome({ origin })]).toEqual([origin, 403]);
      expect(t.events).toMatchObject([{ kind: 'edge_refused', stage: 'edge', code: 'cross_origin' }]);
    }
    expect(await outcome({ origin: 'https://app.example.com' })).toBe('heard');
    expect(await outcome({})).toBe('heard');
  });

  it('gains nothing by a name that points here (DNS rebinding), whether hosts are listed or not', async () => {
    const rebound = { host: 'rebound.example', origin: 'http://rebound.example' };
    await boot({ hosts: ['127.0.0.1'] });
    expect(await outcome(rebound)).toBe(421);
    expect(await outcome({ host: 'rebound.example' })).toBe(421);
    const { host: own } = new URL(t.url);
    expect(await outcome({ origin: `http://${own}` })).toBe('heard');
    expect(await outcome({ origin: `ftp://${own}` })).toBe(403);
    expect(await outcome({ origin: `https://${own}` })).toBe(403);
    await t.close();

    await boot({});
    expect(await outcome(rebound)).toBe(403);
    expect(reason()).toEqual(['websocket_of_own_origin_but_no_hosts_listed']);
    expect(await outcome({})).toBe('heard');
  });

  it('and whoever comes by plain HTTP is refused where HTTPS is required', async () => {
    await boot({ https: 'redirect' });
    expect(await outcome({})).toBe(403);
    expect(t.events).toMatchObject([{ kind: 'edge_refused', code: 'insecure_transport' }]);
  });
});
