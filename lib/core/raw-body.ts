/** Which bytes was this body? Kept for requests that bring a signature, because what was parsed cannot tell any more. */

import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { rawRequest, type HttpRequest } from './transport.js';

const BYTES = Symbol('bulwark:raw-body');

interface Carrier {
  [BYTES]?: Uint8Array;
}

/** Headers that bring a signature over the body. Requests without them keep nothing. */
const SIGNATURE_HEADERS = ['x-signature', 'signature-input'] as const;

/** For the parsers: keeps the bytes, without a copy, where somebody will ask for them. */
export function keepRawBody(request: HttpRequest | IncomingMessage, bytes: unknown): void {
  const raw = rawRequest(request);
  if (!(bytes instanceof Uint8Array) || !SIGNATURE_HEADERS.some((name) => name in raw.headers)) return;
  (raw as Carrier)[BYTES] = bytes;
}

/**
 * The bytes of the body, empty where there is none. Nest's own `rawBody: true` is as good.
 *
 * @returns undefined where there is a body and nobody kept its bytes.
 */
export function rawBodyOf(request: HttpRequest): Uint8Array | undefined {
  const raw = rawRequest(request);
  const kept = (raw as Carrier)[BYTES] ?? (request as { rawBody?: unknown }).rawBody;
  if (kept instanceof Uint8Array) return kept;
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
  return encoding === undefined && (length === undefined || Number(length) === 0) ? NOTHING : undefined;
}

const NOTHING = new Uint8Array(0);

type RegisterParsers = (prefix?: string, rawBody?: boolean) => unknown;

/** Does this app keep the bytes of bodies at all? Known once it is initialised. */
@Injectable()
export class RawBodies {
  #kept = false;

  /** Nest tells its adapter whether the app was created with `rawBody: true`, and nobody else. */
  constructor(@Inject(HttpAdapterHost) { httpAdapter }: HttpAdapterHost) {
    if (typeof httpAdapter?.registerParserMiddleware !== 'function') return;
    const register = httpAdapter.registerParserMiddleware.bind(httpAdapter) as RegisterParsers;
    httpAdapter.registerParserMiddleware = (prefix?: string, rawBody?: boolean) => {
      if (rawBody === true) this.#kept = true;
      return register(prefix, rawBody);
    };
  }

  get areKept(): boolean {
    return this.#kept;
  }

  /** For whoever sets up parsers that call `keepRawBody()`. */
  markKept(): void {
    this.#kept = true;
  }
}
