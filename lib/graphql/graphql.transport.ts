/** Where are request, response and arguments of a resolver? What the pipeline needs to run in front of one. */

import type { ExecutionContext } from '@nestjs/common';
import type { GraphQLResolveInfo } from 'graphql';
import { SecurityError } from '../core/errors.js';
import type { DiscoveredRoute } from '../core/route-discovery.js';
import type { Route } from '../core/route.js';
import type { CallInput, Exchange, SchemaOutput, Transport } from '../core/transport.js';
import { costOfField, type CostRules } from './operation-cost.js';
import type { Endpoint } from './endpoint.js';
import { exchangeIn } from './exchange.js';
import type { ResolverCosts } from './field-costs.js';
import type { GraphQLPackage } from './graphql.peer.js';
import { outputOf } from './resolver-output.js';

export interface GraphQLTransportParts {
  readonly graphql: GraphQLPackage;
  readonly resolvers: () => Iterable<DiscoveredRoute>;
  /** The fields that have a resolver of their own: `Query.orders`. */
  readonly costs: ResolverCosts;
  readonly rules: CostRules;
  readonly endpoints: () => readonly Endpoint[];
  /** Told that a resolver of this request was asked for. */
  readonly noteCall: (exchange: Exchange) => void;
}

export class GraphQLTransport implements Transport {
  readonly type = 'graphql';

  constructor(private readonly parts: GraphQLTransportParts) {}

  paths(): readonly string[] {
    return this.parts.endpoints().map(({ path }) => path);
  }

  routes(): Iterable<DiscoveredRoute> {
    return this.parts.resolvers();
  }

  outputOf({ paths }: Route): SchemaOutput | undefined {
    const { graphql, costs: resolved, endpoints } = this.parts;
    return paths[0] && outputOf(paths[0].path, endpoints(), { graphql, resolved });
  }

  exchange(context: ExecutionContext): Exchange {
    const exchange = exchangeIn(partsOf(context).context);
    if (exchange !== undefined) {
      this.parts.noteCall(exchange);
      return exchange;
    }
    throw new SecurityError('forbidden', { reason: 'graphql_context_unknown' });
  }

  /** GraphQL makes one `info` for each field that it resolves, so each alias is a call of its own. */
  anchor(context: ExecutionContext): object {
    return partsOf(context).info;
  }

  input(context: ExecutionContext): CallInput {
    return new FieldInput(partsOf(context), this.parts.rules);
  }
}

interface ResolverParts {
  readonly parent: unknown;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: unknown;
  readonly info: GraphQLResolveInfo;
}

function partsOf(context: ExecutionContext): ResolverParts {
  const [parent, given, shared, info] = context.getArgs<unknown[]>();
  if (typeof info !== 'object' || info === null || !('fieldNodes' in info)) {
    throw new SecurityError('forbidden', { reason: 'graphql_info_unknown' });
  }
  return { parent, args: (given ?? {}) as ResolverParts['args'], context: shared, info: info as GraphQLResolveInfo };
}

class FieldInput implements CallInput {
  #cost: number | undefined;

  constructor(
    private readonly parts: ResolverParts,
    private readonly rules: CostRules,
  ) {}

  /** The arguments. Of a field resolver the parent's own fields besides: the object that the field hangs from. */
  get params(): Readonly<Record<string, unknown>> {
    const { parent, args, info } = this.parts;
    if (info.path.prev === undefined || typeof parent !== 'object' || parent === null) return args;
    return { ...parent, ...args };
  }

  get body(): unknown {
    return this.parts.args;
  }

  get target(): string {
    const { parentType, fieldName } = this.parts.info;
    return `${parentType.name}.${fieldName}`;
  }

  /** The whole of what hangs from a root field. Its parts are paid with it. */
  get cost(): number | undefined {
    const { info } = this.parts;
    if (info.path.prev !== undefined) return undefined;
    return (this.#cost ??= costOfField(info.fieldNodes, info.parentType, {
      ...this.rules,
      schema: info.schema,
      fragments: new Map(Object.entries(info.fragments)),
      variables: info.variableValues,
    }));
  }
}
