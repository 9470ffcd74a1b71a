/** What if a service that the app relies on turns against it? A real server on loopback that answers as badly as it is told to. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkKeys, checkOneOf } from '../core/checks.js';
import { closed, listening, openCanary } from './attack/wire/canary.js';

/**
 * `fine` answers as it should; `poisoned` the same with fields that nobody asked for, `__proto__` among them; `html` a page
 * in place of JSON; `huge` more than anybody should read; `redirect` to a server on this machine; `slow` not at all;
 * `error` a 500 with a stack trace.
 */
export type UpstreamBehaviour = 'fine' | 'poisoned' | 'html' | 'huge' | 'redirect' | 'slow' | 'error';

export const UPSTREAM_BEHAVIOURS: readonly UpstreamBehaviour[] = [
  'fine',
  'poisoned',
  'html',
  'huge',
  'redirect',
  'slow',
  'error',
];

export interface HostileUpstreamOptions {
  /** What it answers where it is fine, as JSON: one thing for every request, or a function of the path. Default `{}`. */
  readonly answer?: unknown;
}

export interface HostileUpstream {
  /** `http://127.0.0.1:40123`: what the app takes for the base URL of the service. */
  readonly url: string;
  /** `127.0.0.1:40123`: for `dangerouslyAllowPrivate`. */
  readonly host: string;
  /** How often it was asked. */
  readonly requests: number;
  /** How often somebody followed its redirects. */
  readonly followed: number;
  behave(how: UpstreamBehaviour): void;
  close(): Promise<void>;
}

/** Stands in all that is hostile, so that whoever passes it on is found. */
export const UPSTREAM_MARK = 'attack-kit-upstream-secret';

const HUGE_BYTES = 8 * 1024 * 1024;

/**
 * Opens it on a free port of 127.0.0.1. Point the app's base URL to `url` before the app is made, hand it to
 * `attack(app, { upstream })`, and mark the endpoints that depend on it with `upstream: true` in their fixtures.
 *
 * @throws TypeError for options that are not known.
 * @example
 * const upstream = await hostileUpstream({ answer: { id: '1', name: 'Acme', tier: 'gold' } });
 * const report = await attack(app, { upstream, fixtures: { 'GET /partners/:id': { own, upstream: true } } });
 * await upstream.close();
 */
export async function hostileUpstream(options: HostileUpstreamOptions = {}): Promise<HostileUpstream> {
  checkKeys('hostileUpstream', options, ['answer']);
  const canary = await openCanary();
  let behaviour: UpstreamBehaviour = 'fine';
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume();
    ANSWERS[behaviour](response, goodAnswer(options, request), canary.port);
  });
  await listening(server, 0, '127.0.0.1');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    get requests() {
      return requests;
    },
    get followed() {
      return canary.hits;
    },
    behave(how) {
      behaviour = checkOneOf('hostileUpstream().behave', how, UPSTREAM_BEHAVIOURS);
    },
    close: async () => {
      await Promise.all([closed(server), canary.close()]);
    },
  };
}

function goodAnswer({ answer = {} }: HostileUpstreamOptions, { url = '/' }: IncomingMessage): unknown {
  return typeof answer === 'function' ? (answer as (path: string) => unknown)(url) : answer;
}

type Respond = (response: ServerResponse, good: unknown, canaryPort: number) => void;

const ANSWERS: Readonly<Record<UpstreamBehaviour, Respond>> = {
  fine: (response, good) => json(response, 200, JSON.stringify(good)),
  poisoned: (response, good) => json(response, 200, poisoned(good)),
  html: (response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<html><script>${UPSTREAM_MARK}</script></html>`);
  },
  huge: (response) =>
    json(response, 200, JSON.stringify({ id: '1', text: UPSTREAM_MARK.repeat(HUGE_BYTES / UPSTREAM_MARK.length) })),
  redirect: (response, _good, port) => {
    response.writeHead(302, { location: `http://127.0.0.1:${port}/?${UPSTREAM_MARK}`, 'content-type': 'text/html' });
    response.end(UPSTREAM_MARK);
  },
  // Whoever asked has to give up: the connection ends with theirs, or with this server.
  slow: () => undefined,
  error: (response) =>
    json(response, 500, JSON.stringify({ error: UPSTREAM_MARK, stack: `Error: ${UPSTREAM_MARK}\n    at db.js:1:1` })),
};

function json(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}

/** Written as text: an object literal would set the prototype instead. */
function poisoned(good: unknown): string {
  if (Array.isArray(good)) return `[${good.map(poisoned).join(',')}]`;
  if (typeof good !== 'object' || good === null) return JSON.stringify(good);
  const own = JSON.stringify(good).slice(1, -1);
  const extra = `"__proto__":{"attackKit":"${UPSTREAM_MARK}"},"constructor":{"prototype":{"attackKit":true}},"isAdmin":true,"attackKit":"${UPSTREAM_MARK}"`;
  return `{${own === '' ? '' : `${own},`}${extra}}`;
}
