/** Does this app keep the bytes of bodies at all? Known once it is initialised. */

import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

type RegisterParsers = (prefix?: string, rawBody?: boolean) => unknown;

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
