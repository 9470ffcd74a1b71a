/** How is a call to an endpoint written, and its answer read? One way for HTTP, another for GraphQL. */

import type { RequestParts } from '../fixture.js';
import type { Answer, WireRequest } from '../wire/wire.js';

/** An answer, and what it says of the call. */
export interface Reply {
  readonly answer: Answer;
  /** How the call was decided, as HTTP would say it: for GraphQL that of the field, though the answer itself be 200. */
  readonly status: number;
  /** The problem's code, `forbidden`, where one is told. */
  readonly code: string | undefined;
  /** What the endpoint gave: the parsed body, or the field of a GraphQL answer. Undefined: nothing that can be read. */
  readonly data: unknown;
}

export interface Recipe {
  /** Adds what the handler declares and the parts do not give: ids that nothing has, a body made from its shape. @throws Untried */
  complete(parts: RequestParts, ownerId: string | undefined): RequestParts;
  /** The arguments without those that name an object: for calls that are to find nothing. */
  withoutIds(args: RequestParts['args']): NonNullable<RequestParts['args']>;
  /** Complete parts as a request, without a credential. */
  write(parts: RequestParts): WireRequest & { readonly headers: Readonly<Record<string, string>> };
  read(answer: Answer): Reply;
}
