/** Who looks at a field? Whoever passed the guards of the root field that it hangs from. */

import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import { callAt } from '../core/call.js';
import type { Principal } from '../core/principal.js';
import { isThenable } from '../core/thenable.js';
import type { Exchange } from '../core/transport.js';
import { exchangeIn } from './exchange.js';

type Resolver = GraphQLFieldResolver<unknown, unknown>;

export class Viewers {
  readonly #byExchange = new WeakMap<Exchange, Map<string | number, Principal | undefined>>();

  /** Undefined: nobody in particular, or no guard of ours has seen the root field. */
  of(context: unknown, info: GraphQLResolveInfo): Principal | undefined {
    let { path } = info;
    while (path.prev !== undefined) path = path.prev;
    const exchange = exchangeIn(context);
    return exchange && this.#byExchange.get(exchange)?.get(path.key);
  }

  /** The resolver of a root field, with a note of who passed its guards. */
  noting(resolve: Resolver): Resolver {
    const note = (context: unknown, info: GraphQLResolveInfo) => this.#note(context, info);
    return function resolveRoot(parent, args, context, info) {
      const value = resolve(parent, args, context, info);
      if (!isThenable(value)) {
        note(context, info);
        return value;
      }
      return Promise.resolve(value).then((settled: unknown) => {
        note(context, info);
        return settled;
      });
    };
  }

  #note(context: unknown, info: GraphQLResolveInfo): void {
    const exchange = exchangeIn(context);
    const call = callAt(info);
    if (exchange === undefined || call === undefined) return;
    const viewers = this.#byExchange.get(exchange) ?? new Map<string | number, Principal | undefined>();
    this.#byExchange.set(exchange, viewers.set(info.path.key, call.principal));
  }
}
