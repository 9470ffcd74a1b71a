/** Boots a real Nest app on a real port, with a clock that stands still and every event recorded. */

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerOptions } from 'node:https';
import { Module, type INestApplication, type ModuleMetadata, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SecurityEvents, type SecurityEvent } from '../lib/core/events.js';
import { SecurityModule, type SecurityOptions } from '../lib/index.js';

export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** 2026-01-01T00:00:00Z */
export const START_MS = 1_767_225_600_000;

export const TEST_SECRET = 'a-secret-of-more-than-32-bytes-for-tests-only';

export class FrozenClock {
  constructor(private ms = START_MS) {}
  now = (): number => this.ms;
  advance(ms: number): void {
    this.ms += ms;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed JSON body, or undefined where it is not JSON. */
  // eslint-disable-next-line -- a body is whatever the test expects it to be
  readonly body: any;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  /** An object is sent as JSON; text and bytes as they are. */
  readonly body?: unknown;
  /** Bearer token. */
  readonly token?: string;
  /** The client's own address, any of 127.0.0.0/8: so that one test does not use up the limits of another. */
  readonly from?: string;
}

export interface TestApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly clock: FrozenClock;
  readonly events: SecurityEvent[];
  /** `send('GET /orders/1', { token })`. The target goes over the wire exactly as written. */
  send(line: string, sent?: Sent): Promise<Answer>;
  close(): Promise<void>;
}

export interface TestAppInit extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  readonly platform?: Platform;
  /** Modules imported before SecurityModule. */
  readonly before?: ModuleMetadata['imports'];
  readonly security?: SecurityOptions;
  /** Serves HTTPS with these. */
  readonly tls?: ServerOptions;
  /** Runs before init: `(app) => secureApp(app, …)`, a global prefix, versioning. */
  readonly prepare?: (app: INestApplication) => unknown;
}

export async function bootApp(init: TestAppInit = {}): Promise<TestApp> {
  const clock = new FrozenClock();
  const security = {
    bootAudit: 'off',
    jwt: { secret: TEST_SECRET },
    clock,
    ...init.security,
  } as unknown as SecurityOptions;
  class TestModule {}
  Module({
    imports: [...(init.before ?? []), SecurityModule.forRoot(security), ...(init.imports ?? [])],
    controllers: init.controllers ?? [],
    providers: init.providers ?? [],
  })(TestModule);

  const adapter =
    init.platform === 'fastify' ? new FastifyAdapter(init.tls && { https: init.tls }) : new ExpressAdapter();
  const app = await NestFactory.create(
    TestModule,
    adapter as ExpressAdapter,
    {
      logger: false,
      abortOnError: false,
      ...(init.tls && { httpsOptions: init.tls }),
    } as NestApplicationOptions,
  );
  const events: SecurityEvent[] = [];
  app.get(SecurityEvents).subscribe('debug', (event) => events.push(event));
  try {
    await init.prepare?.(app);
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    clock,
    events,
    send: (line, sent) => send(port, line, sent),
    close: () => app.close(),
  };
}

/** Plain node:http, so that hosts, doubled headers and odd targets reach the server as the test wrote them. */
export function send(
  port: number,
  line: string,
  { headers = {}, body, token, from, ...sent }: Sent = {},
): Promise<Answer> {
  const [method, target] = line.includes(' ') ? (line.split(' ', 2) as [string, string]) : [sent.method ?? 'GET', line];
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const payload = isRaw ? (body as string | Uint8Array | undefined) : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path: target,
        agent: false,
        ...(from !== undefined && { localAddress: from }),
        headers: {
          ...(isRaw ? {} : { 'content-type': 'application/json' }),
          ...(payload !== undefined && { 'content-length': String(Buffer.byteLength(payload)) }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode!, headers: incoming.headers, text, body: parse(text) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
