/** Bound tokens over sockets: what proves them comes with the request that asks for the upgrade, and stands for what follows. */

import { createHash, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { secureApp, secureServerOptions } from '../../lib/index.js';
import { secureWebSockets, WebSocketSecurityModule } from '../../lib/websockets/index.js';
import { WsAdapter } from '@nestjs/platform-ws';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../edge/test-certificate.js';
import { openLibrary, LibraryLoans, LibraryResolver, type Library } from '../graphql/library.js';
import { SocketClient, subscribing } from '../graphql/socket-client.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';
import { ALL, bootSockets, refusalOf, type SocketApp } from '../websockets/app.js';
import { ChatGateway, NoteOwnership } from '../websockets/chat.gateway.js';
import { boundToken, makeKey, ORIGIN, proofFor, type BoundKey } from './bound.js';
import { ALICE_TLS, MALLORY_TLS } from './client-certificates.js';

const SECURITY = { jwt: { secret: TEST_SECRET, dpop: { origin: ORIGIN } } };

let key: BoundKey;
let token: string;
beforeAll(async () => {
  key = await makeKey();
  token = await boundToken(key);
});
const headersFor = async (line: string, signer = key) => ({
  authorization: `DPoP ${token}`,
  dpop: await proofFor(line, signer, { token }),
});
const reasons = ({ events }: TestApp) =>
  events.filter(({ level }) => level === 'warning').map((event) => 'reason' in event && event.reason);

describe.each(ALL)('a DPoP token on a gateway of $library on $platform', (where) => {
  let t: SocketApp;
  afterEach(() => t.close());
  const line = where.library === 'ws' ? 'GET /chat' : 'GET /chat/';
  const boot = async (checkEveryMs = 600_000) => {
    t = await bootSockets({
      ...where,
      providers: [ChatGateway, NoteOwnership],
      security: SECURITY,
      sockets: { checkEveryMs },
    });
  };

  it('opens with a proof for the upgrade, which stands for every message', async () => {
    await boot(15);
    const client = await t.open({ headers: await headersFor(line) });
    expect((await client.ask('whoami')).data.id).toBe('alice');
    // Long after the proof itself would be too old.
    t.clock.advance(20 * 60_000);
    expect((await client.ask('whoami')).data.id).toBe('alice');
    t.clock.advance(3_600_000);
    expect((await client.closed).code).toBe(4401);
  });

  it('is refused without its proof, with one that was used, of another key, or for another place, and as a bearer token', async () => {
    await boot();
    const used = await headersFor(line);
    await t.open({ headers: used });
    const stranger = await makeKey();
    const { authorization } = used;
    for (const headers of [
      { authorization },
      used,
      await headersFor(line, stranger),
      await headersFor('GET /other'),
      await headersFor(line.replace('GET', 'CONNECT')),
      { authorization: `Bearer ${token}` },
    ] as Record<string, string>[]) {
      expect((await refusalOf(t.open({ headers }))).status).toBe(401);
    }
    expect(reasons(t)).toEqual([
      'proof_missing',
      'proof_replayed',
      'proof_of_another_key',
      'proof_for_another_target',
      'proof_for_another_method',
      'bound_token_as_bearer',
    ]);
  });
});

describe.each(GRAPHQL_HOSTS)('a DPoP token on subscriptions of $name', (host) => {
  let t: Library;
  let client: SocketClient | undefined;
  const boot = async () => (t = await openLibrary(host, {}, { security: SECURITY }, subscribing(host)));
  afterEach(async () => {
    await client?.close();
    await t.close();
  });

  it('opens with a proof for the upgrade, for several operations, and ends when it expires', async () => {
    await boot();
    client = new SocketClient(t.url, { headers: await headersFor('GET /graphql') });
    const heard = await client.meanwhile('subscription { slow }', async () => {
      expect((await client!.hear('{ me { id } }')).values).toEqual([{ me: { id: 'alice' } }]);
      t.clock.advance(2 * 3_600_000);
      t.loans.release();
    });
    expect(heard.values).toEqual([{ slow: 'one' }]);
    expect(heard.closed).toEqual({ code: 4401, reason: 'invalid_token' });
  });

  it('is refused without its proof, in a header and in the parameters', async () => {
    await boot();
    const authorization = `DPoP ${token}`;
    client = new SocketClient(t.url, { headers: { authorization } });
    expect((await client.hear('subscription { news }')).refused).toBe(401);
    client = new SocketClient(t.url, { params: { authorization } });
    expect((await client.hear('subscription { news }')).closed?.code).toBe(4403);
    expect(reasons(t)).toEqual(['proof_missing', 'proof_missing']);
  });
});

describe.each(PLATFORMS)('sockets over TLS, on %s', (platform) => {
  let t: TestApp;
  const open = new Set<WebSocket>();
  afterEach(async () => {
    for (const each of open) each.terminate();
    await t.close();
  });
  const boot = async () => {
    const host = GRAPHQL_HOSTS.find((each) => each.platform === platform)!;
    t = await bootApp({
      platform,
      imports: [WebSocketSecurityModule.forRoot(), ...graphqlModules(host, {}, subscribing(host))],
      providers: [ChatGateway, NoteOwnership, LibraryResolver, LibraryLoans],
      security: { jwt: { secret: TEST_SECRET } },
      tls: secureServerOptions({ key: TEST_KEY, cert: TEST_CERTIFICATE, requestCert: true, rejectUnauthorized: false }),
      prepare: (app) => {
        secureApp(app, { https: 'require', hosts: ['127.0.0.1'] });
        secureWebSockets(app, new WsAdapter(app));
      },
    });
  };
  const connect = async (
    path: string,
    init: { headers?: Record<string, string>; key?: string; cert?: string } = {},
  ) => {
    const url = `${t.url.replace('http', 'wss')}${path}`;
    const socket = new WebSocket(url, path === '/graphql' ? 'graphql-transport-ws' : [], {
      ...init,
      rejectUnauthorized: false,
    });
    open.add(socket);
    return new Promise<WebSocket | number>((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode!));
      socket.once('error', reject);
    });
  };
  const ask = (socket: WebSocket, sent: object) =>
    new Promise<Record<string, unknown>>((resolve) => {
      socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()) as Record<string, unknown>));
      socket.send(JSON.stringify(sent));
    });

  it('open for the page of the very host, by https and by nothing else', async () => {
    await boot();
    const headers = { authorization: `Bearer ${await tokenFor('alice')}` };
    const { host } = new URL(t.url);
    const socket = (await connect('/chat', { headers: { ...headers, origin: `https://${host}` } })) as WebSocket;
    expect(await ask(socket, { event: 'whoami' })).toMatchObject({ event: 'you', data: { id: 'alice' } });
    for (const path of ['/chat', '/graphql']) {
      expect(await connect(path, { headers: { ...headers, origin: `http://${host}` } })).toBe(403);
    }
    const subscribed = (await connect('/graphql', { headers: { ...headers, origin: `https://${host}` } })) as WebSocket;
    expect(await ask(subscribed, { type: 'connection_init' })).toEqual({ type: 'connection_ack' });
  });

  it('take the token that is bound to the certificate of the connection, for every message, and no other', async () => {
    await boot();
    const thumbprint = createHash('sha256').update(new X509Certificate(ALICE_TLS.cert).raw).digest('base64url');
    const headers = { authorization: `Bearer ${await tokenFor('alice', { cnf: { 'x5t#S256': thumbprint } })}` };
    const socket = (await connect('/chat', { headers, ...ALICE_TLS })) as WebSocket;
    expect(await ask(socket, { event: 'whoami' })).toMatchObject({ data: { id: 'alice' } });
    const subscribed = (await connect('/graphql', { headers, ...ALICE_TLS })) as WebSocket;
    expect(await ask(subscribed, { type: 'connection_init' })).toEqual({ type: 'connection_ack' });
    const payload = { query: '{ me { id } }' };
    expect(await ask(subscribed, { type: 'subscribe', id: '1', payload })).toMatchObject({
      payload: { data: { me: { id: 'alice' } } },
    });
    for (const path of ['/chat', '/graphql']) {
      expect(await connect(path, { headers, ...MALLORY_TLS })).toBe(401);
      expect(await connect(path, { headers })).toBe(401);
    }
    expect(reasons(t)).toEqual([
      'bound_to_another_certificate',
      'client_certificate_missing',
      'bound_to_another_certificate',
      'client_certificate_missing',
    ]);
  });
});
