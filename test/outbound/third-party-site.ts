/** A service of somebody else's: a real server on loopback that answers as a test says, and a client that knows it. */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecurityEvents, type SecurityEvent } from '../../lib/core/events.js';
import { ThirdPartyClient, type OutboundOptions, type UpstreamOptions } from '../../lib/index.js';
import { outboundSettings } from '../../lib/outbound/outbound.options.js';
import { FrozenClock } from '../app.js';

export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Site {
  /** `127.0.0.1:4010` */
  readonly host: string;
  readonly url: string;
  readonly asked: Asked[];
  /** The replies to come; the last one stays. */
  replies: Reply[];
  close(): Promise<void>;
}

export async function openSite(...replies: Reply[]): Promise<Site> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      asked.push({ method: request.method!, target: request.url!, headers: request.headers, body });
      const reply = site.replies.length > 1 ? site.replies.shift()! : site.replies[0]!;
      reply(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const site: Site = {
    host,
    url: `http://${host}`,
    asked,
    replies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return site;
}

/** JSON, whatever it is. Text is sent as it stands. */
export const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };

export const html =
  (text: string, status = 200): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end(text);
  };

/** Never answers. */
export const hang: Reply = () => undefined;

/** Hangs up. */
export const reset: Reply = (request) => void request.socket.destroy();

export interface ClientUnderTest {
  readonly client: ThirdPartyClient;
  readonly clock: FrozenClock;
  readonly events: SecurityEvent[];
  /** Every wait between tries, in milliseconds. None of them is really waited. */
  readonly waits: number[];
}

/** A client with the one upstream `partners`, without Nest around it: whatever the upstream does, no time is waited. */
export function clientOf(
  site: Site,
  upstream: Partial<UpstreamOptions> = {},
  outbound: Partial<OutboundOptions> = {},
): ClientUnderTest {
  const clock = new FrozenClock();
  const heard: SecurityEvent[] = [];
  const events = new SecurityEvents();
  events.subscribe('debug', (event) => heard.push(event));
  const waits: number[] = [];
  const settings = outboundSettings({
    pacing: {
      random: () => 0.5,
      wait: (ms, signal) => {
        waits.push(ms);
        signal.throwIfAborted();
        return Promise.resolve();
      },
    },
    ...outbound,
    upstreams: { partners: { baseUrl: site.url, dangerouslyAllowPrivate: [site.host], ...upstream } },
  });
  return { client: new ThirdPartyClient(settings, events, clock), clock, events: heard, waits };
}
