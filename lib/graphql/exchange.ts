/** Which request does an operation belong to? Kept in the GraphQL context, under a name that no client and no app can guess. */

import type { Exchange } from '../core/transport.js';

const EXCHANGE = Symbol('bulwark:graphql-exchange');

export function withExchange(context: object, exchange: Exchange): object {
  return Object.assign(context, { [EXCHANGE]: exchange });
}

/** Undefined: the context was not made by `GraphQLSecurity`. */
export function exchangeIn(context: unknown): Exchange | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  return (context as { [EXCHANGE]?: Exchange })[EXCHANGE];
}
