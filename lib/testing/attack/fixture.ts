/** What does an endpoint need to be called? What the app knows and the kit cannot guess: ids, bodies, who may. */

import type { INestApplication } from '@nestjs/common';

/** The parts of a request that a fixture gives. What it leaves out is made up from what the handler declares. */
export interface RequestParts {
  /** Path parameters: `{ id: '7' }`. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; text and bytes as they are, with the `content-type` of `headers`. */
  readonly body?: unknown;
  /** The arguments of a GraphQL field. */
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Fixture {
  /** The name of the principal that makes the calls. Default: the first that may; else the first, with the roles it takes. */
  readonly as?: string;
  /** A good call, one that succeeds for that principal: an object of its own, a body that is taken. */
  readonly own?: RequestParts;
  /**
   * The same call for what belongs to somebody else. Has to be refused. What it does not say is as in `own`: body, query and
   * headers, and each parameter and argument that it does not name.
   */
  readonly foreign?: RequestParts;
  /** The same call for what does not exist, completed from `own` as `foreign` is. Default: `own`, with path parameters that nothing has. */
  readonly missing?: RequestParts;
  /** Names of principals that have to get in, by `own`. */
  readonly allow?: readonly string[];
  /** Names of principals that have to be refused, with 403 or 404. */
  readonly deny?: readonly string[];
  /** The status of the call that succeeds. Default: any of 2xx and 3xx. */
  readonly status?: number;
  /** Texts that its answer has to contain, the id that was asked for say: an empty 200 is then found. */
  readonly shows?: readonly string[];
  /** The answer depends on what an upstream says, which the kit then poisons. See `hostileUpstream()`. */
  readonly upstream?: boolean;
}

/** Made anew for each case: for what a good call uses up, an order that is paid or a key that is revoked. */
export type FixtureMaker = (app: INestApplication) => Fixture | Promise<Fixture>;
