/** Puts what holds for every field around its resolver: who sees it, and what is told of its errors. */

import type { GraphQLFieldResolver, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { SecurityError } from '../core/errors.js';
import type { RoleHierarchy } from '../core/role-hierarchy.js';
import { isThenable } from '../core/thenable.js';
import { rulesFor, type Sees } from './field-audience.js';
import type { GraphQLPackage } from './graphql.peer.js';
import { checkObjectType } from './object-type-rules.js';
import { quietScalar } from './quiet-scalars.js';
import { reachableTypes } from './reachable-types.js';
import { TypeClasses } from './type-classes.js';
import { Viewers } from './viewers.js';

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
 * @throws TypeError for a field that is hidden from some and may not be null, and for what cannot be kept safe: decorators on object
 * types, and subgraphs.
 */
export function secureSchema(schema: GraphQLSchema, rules: SchemaRules): GraphQLSchema {
  const { graphql } = rules;
  const classes = new TypeClasses();
  const viewers = new Viewers();
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  checkNoSubgraph(schema);
  for (const type of Object.values(schema.getTypeMap())) if (graphql.isScalarType(type)) quietScalar(type, graphql);
  for (const type of reachableTypes(schema, graphql)) {
    if (!graphql.isObjectType(type) || type.name.startsWith('__')) continue;
    const isRoot = roots.has(type);
    const names = [type.name, ...type.getInterfaces().map(({ name }) => name)] as const;
    if (!isRoot) for (const each of classes.of(names)) checkObjectType(each);
    for (const field of Object.values(type.getFields())) {
      const sees = isRoot ? [] : rulesFor(names, field.name, classes, rules.hierarchy);
      if (sees.length > 0 && rules.hiddenFields === 'null' && graphql.isNonNullType(field.type)) {
        throw cannotBeNull(type, field.name);
      }
      const { resolve, subscribe } = field;
      if (resolve !== undefined || sees.length > 0 || isRoot) {
        const resolver = isRoot
          ? viewers.noting(resolve ?? graphql.defaultFieldResolver)
          : (resolve ?? graphql.defaultFieldResolver);
        field.resolve = presenting(sees.length === 0 ? resolver : hiding(resolver, sees, viewers, rules), rules);
      }
      if (subscribe !== undefined) field.subscribe = presenting(viewers.noting(subscribe), rules);
    }
  }
  return schema;
}

/** A gateway asks a subgraph for many objects at once, past the arguments and fields that rules are read from. */
function checkNoSubgraph(schema: GraphQLSchema): void {
  const fields = schema.getQueryType()?.getFields() ?? {};
  if (fields._service === undefined && fields._entities === undefined) return;
  throw new TypeError(
    'GraphQLSecurity: this schema is a subgraph of a federation, in which rules would be asked for the first of many objects only. ' +
      'Use ApolloDriver or MercuriusDriver, and keep the schema whole.',
  );
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
    const refuse = (error: unknown): never => {
      throw present(error, context, info);
    };
    // A list may hold promises, each of which may fail for itself.
    const settle = (value: unknown): unknown =>
      Array.isArray(value) && value.some(isThenable)
        ? value.map((each: unknown) => (isThenable(each) ? Promise.resolve(each).catch(refuse) : each))
        : value;
    try {
      const value = resolve(parent, args, context, info);
      return isThenable(value) ? Promise.resolve(value).then(settle, refuse) : settle(value);
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
