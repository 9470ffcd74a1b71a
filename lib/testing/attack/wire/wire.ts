/** How does a request reach the app? Over loopback, exactly as it was written, and counted. */

import { Agent, request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Actor } from '../callers/actor.js';
import type { Budget } from '../budget.js';
import type { ClientAddresses } from './client-addresses.js';

/** What goes over the wire. Header names and the target are sent as they stand. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Who sends it, for people: `alice`. */
  readonly as?: string;
  /** Who that is: what an answer may hold depends on it. */
  readonly caller?: Actor;
}

export interface Answer {
  readonly request: WireRequest;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body where it is JSON, else undefined. */
  readonly json: unknown;
  /** What has proved callers until now: none of it may stand in a report. */
  readonly credentials?: ReadonlySet<string>;
}

/** One client, with an address of its own and its connections. Close it when it is done. */
export interface Client {
  send(request: WireRequest): Promise<Answer>;
  close(): void;
}

export interface WireInit {
  /** Where the app listens: `127.0.0.1`, `::1`. Nothing else is ever called. */
  readonly address: string;
  readonly port: number;
  /** Does the app itself still listen? Another process may take the port once it does not. */
  readonly isListening: () => boolean;
  readonly isTls: boolean;
  /** The `Host` of requests that do not name one. */
  readonly host: string;
  readonly budget: Budget;
  readonly addresses: ClientAddresses;
  /** Moves the time on where every client has the same address, so that limits are fresh. */
  readonly refresh: () => void;
}

/** What an answer may hold, in bytes: more of it is not read. */
const MOST_BYTES = 4 * 1024 * 1024;
/** After so long without an answer the app hangs, in milliseconds. */
const PATIENCE_MS = 10_000;
/** A stream of events that says nothing meanwhile is left, in milliseconds. */
const STREAM_MS = 1_000;
/** So long is listened to what a stream says first, in milliseconds. */
const FIRST_EVENTS_MS = 100;

export class Wire {
  readonly #credentials = new Set<string>();

  constructor(private readonly init: WireInit) {}

  /** What has proved callers until now. */
  get credentials(): ReadonlySet<string> {
    return this.#credentials;
  }

  /** Keeps out of the report what proves somebody. */
  hide(...secrets: readonly string[]): void {
    for (const each of secrets) this.#credentials.add(each);
  }

  get host(): string {
    return this.init.host;
  }

  client(): Client {
    const { addresses, refresh, isTls } = this.init;
    const localAddress = addresses.next();
    if (localAddress === undefined) refresh();
    const agent = isTls
      ? new TlsAgent({ keepAlive: true, maxSockets: 1 })
      : new Agent({ keepAlive: true, maxSockets: 1 });
    return {
      send: (request) => this.#send(request, { agent, ...(localAddress !== undefined && { localAddress }) }),
      close: () => agent.destroy(),
    };
  }

  async #send(request: WireRequest, options: RequestOptions): Promise<Answer> {
    const { budget, address, port, isTls, host, isListening } = this.init;
    budget.spend();
    if (!isListening()) throw Object.assign(new Error('the app does not listen any more'), { code: 'ECONNREFUSED' });
    this.#hideProofOf(request);
    const { body, method, target } = request;
    const leftMs = Math.max(1, Math.min(PATIENCE_MS, budget.leftMs));
    return new Promise((resolve, reject) => {
      const outgoing = (isTls ? httpsRequest : httpRequest)({
        ...options,
        // Never anywhere else: what is attacked is this app, on this machine.
        host: address,
        port,
        method,
        path: target,
        ...(isTls && { rejectUnauthorized: false }),
        headers: written({
          host,
          ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
          ...request.headers,
        }),
      });
      let answered: (() => void) | undefined;
      const late = setTimeout(() => {
        if (answered !== undefined) answered();
        else outgoing.destroy(this.#late(leftMs));
      }, leftMs);
      const done = () => clearTimeout(late);
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const resolved = () => {
          done();
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            request,
            status: incoming.statusCode!,
            headers: incoming.headers,
            text,
            json: parsed(text),
            credentials: this.#credentials,
          });
        };
        // What has no end is looked at as far as it came.
        answered = () => {
          resolved();
          outgoing.destroy();
        };
        const isStream = String(incoming.headers['content-type']).startsWith('text/event-stream');
        const leave = isStream ? setTimeout(answered, Math.min(STREAM_MS, leftMs)) : undefined;
        incoming.on('data', (chunk: Buffer) => {
          if (isStream && size === 0) setTimeout(answered!, Math.min(FIRST_EVENTS_MS, leftMs)).unref();
          size += chunk.length;
          if (size <= MOST_BYTES) chunks.push(chunk);
          else answered!();
        });
        incoming.on('error', (error) => {
          done();
          reject(error);
        });
        incoming.on('end', resolved);
        incoming.on('close', () => clearTimeout(leave));
      });
      outgoing.on('error', (error) => {
        done();
        reject(error);
      });
      outgoing.end(body);
    });
  }

  #hideProofOf({ caller, headers }: WireRequest): void {
    if (caller?.secret !== undefined) this.hide(caller.secret);
    // Of the app's own schemes nobody knows which part is the secret.
    if (caller?.scheme !== 'headers') return;
    const proof = caller.prove({ method: '', url: '', headers: {}, body: undefined });
    this.hide(...Object.keys(proof).flatMap((name) => headers[name] ?? []));
  }

  /** @param waitedMs Less than the usual patience where the budget did not leave more. */
  #late(waitedMs: number): Error {
    if (waitedMs < PATIENCE_MS) return this.init.budget.timeIsUp();
    return new Error(`no answer within ${PATIENCE_MS / 1000} seconds`);
  }
}

/** Node refuses two hosts in an object, and writes a list of lines as it is. */
function written(headers: WireRequest['headers']): Record<string, string | string[]> | string[] {
  if (!Array.isArray(headers['host'])) return headers as Record<string, string | string[]>;
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((each) => [name, each as string]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
