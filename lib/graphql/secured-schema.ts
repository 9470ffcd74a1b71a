/** Puts what holds for every field around its resolver: who sees it, and what is told of its errors. */

import type { GraphQLFieldResolver, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { callAt } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { RoleHierarchy } from '../core/role-hierarchy.js';
import { isThenable } from '../core/thenable.js';
import type { Exchange } from '../core/transport.js';
import { exchangeIn } from './exchange.js';
import { TypeClasses, type Sees } from './field-audience.js';
import type { GraphQLPackage } from './graphql.peer.js';
import { reachableTypes } from './reachable-types.js';

export interface SchemaRules {
  readonly graphql: GraphQLPackage;
  readonly hierarchy: RoleHierarchy;
  readonly hiddenFields: 'null' | 'error';
  /** What becomes of an error on its way to the client. */
  readonly present: (error: unknown, context: unknown, info: GraphQLResolveInfo) => unknown;
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/**
 * Changes the schema's own fields, and answers it.
 *
 * @throws TypeError for a field that is hidden from some and may not be null.
 */
export function secureSchema(schema: GraphQLSchema, rules: SchemaRules): GraphQLSchema {
  const { graphql } = rules;
  const classes = new TypeClasses();
  const viewers = new Viewers();
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of reachableTypes(schema, graphql)) {
    if (!graphql.isObjectType(type) || type.name.startsWith('__')) continue;
    const isRoot = roots.has(type);
    const names = [type.name, ...type.getInterfaces().map(({ name }) => name)];
    for (const field of Object.values(type.getFields())) {
      const sees = isRoot ? [] : classes.rulesFor(names, field.name, rules.hierarchy);
      if (sees.length > 0 && rules.hiddenFields === 'null' && graphql.isNonNullType(field.type)) {
        throw cannotBeNull(type, field.name);
      }
      const { resolve, subscribe } = field;
      if (resolve !== undefined || sees.length > 0 || isRoot) {
        const resolver = isRoot
          ? noting(resolve ?? graphql.defaultFieldResolver, viewers)
          : (resolve ?? graphql.defaultFieldResolver);
        field.resolve = presenting(sees.length === 0 ? resolver : hiding(resolver, sees, viewers, rules), rules);
      }
      if (subscribe !== undefined) field.subscribe = presenting(noting(subscribe, viewers), rules);
    }
  }
  return schema;
}

/** Whoever passed the guards of a root field is who looks at everything under it. */
class Viewers {
  readonly #byExchange = new WeakMap<Exchange, Map<string | number, Principal | undefined>>();

  note(context: unknown, info: GraphQLResolveInfo): void {
    const exchange = exchangeIn(context);
    const call = callAt(info);
    if (exchange === undefined || call === undefined) return;
    const viewers = this.#byExchange.get(exchange) ?? new Map<string | number, Principal | undefined>();
    this.#byExchange.set(exchange, viewers.set(info.path.key, call.principal));
  }

  /** Undefined: nobody in particular, or no guard of ours has seen the root field. */
  of(context: unknown, info: GraphQLResolveInfo): Principal | undefined {
    let { path } = info;
    while (path.prev !== undefined) path = path.prev;
    const exchange = exchangeIn(context);
    return exchange && this.#byExchange.get(exchange)?.get(path.key);
  }
}

function noting(resolve: Resolver, viewers: Viewers): Resolver {
  return function resolveRoot(parent, args, context, info) {
    const value = resolve(parent, args, context, info);
    if (!isThenable(value)) {
      viewers.note(context, info);
      return value;
    }
    return Promise.resolve(value).then((settled: unknown) => {
      viewers.note(context, info);
      return settled;
    });
  };
}

/** A hidden field is not resolved at all: what nobody loads cannot leak, or be told by how long it takes. */
function hiding(resolve: Resolver, sees: readonly Sees[], viewers: Viewers, { hiddenFields }: SchemaRules): Resolver {
  return function resolveIfVisible(parent, args, context, info) {
    const viewer = viewers.of(context, info);
    if (sees.every((visible) => visible(parent, viewer))) return resolve(parent, args, context, info);
    if (hiddenFields === 'null') return null;
    throw new SecurityError('forbidden', { reason: `field_hidden: ${info.parentType.name}.${info.fieldName}` });
  };
}

function presenting(resolve: Resolver, { present }: SchemaRules): Resolver {
  return function resolvePresentably(parent, args, context, info) {
    try {
      const value = resolve(parent, args, context, info);
      if (!isThenable(value)) return value;
      return Promise.resolve(value).catch((error: unknown) => {
        throw present(error, context, info);
      });
    } catch (error) {
      throw present(error, context, info);
    }
  };
}

function cannotBeNull(type: GraphQLObjectType, field: string): TypeError {
  return new TypeError(
    `${type.name}.${field}: is hidden from some callers, who would get null, but its type does not allow that. ` +
      "Write @Field({ nullable: true }), or GraphQLSecurityModule.forRoot({ hiddenFields: 'error' }).",
  );
}
