/** What can be asked of the app by GraphQL? Its schemas, found without loading the packages that made them. */

import type { INestApplication } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { GraphQLField, GraphQLSchema } from 'graphql';
import type { Endpoint } from '../../../inventory/endpoint.js';

/** Where @nestjs/graphql keeps the schema that it built, and the options that it built it by. */
const SCHEMA_HOST = 'GraphQLSchemaHost';
const MODULE_OPTIONS = 'GqlModuleOptions';

export interface GraphqlSite {
  readonly schema: GraphQLSchema;
  /** Where requests go: `/graphql`. */
  readonly path: string;
}

interface DriverOptions {
  readonly path?: string;
  readonly useGlobalPrefix?: boolean;
}

/** One for each GraphQL module. None: the app serves no GraphQL. */
export function graphqlSites(app: INestApplication): readonly GraphqlSite[] {
  const found: GraphqlSite[] = [];
  for (const { providers } of app.get(ModulesContainer).values()) {
    const options = providers.get(MODULE_OPTIONS)?.instance as DriverOptions | undefined;
    for (const { metatype, instance } of providers.values()) {
      if (typeof metatype !== 'function' || metatype.name !== SCHEMA_HOST) continue;
      const schema = schemaOf(instance);
      if (schema !== undefined) found.push({ schema, path: pathOf(app, options ?? {}) });
    }
  }
  return found;
}

/** The host throws while nothing was built: a module whose driver never started. */
function schemaOf(host: unknown): GraphQLSchema | undefined {
  try {
    return (host as { readonly schema?: GraphQLSchema }).schema;
  } catch {
    return undefined;
  }
}

function pathOf(app: INestApplication, { path = '/graphql', useGlobalPrefix = false }: DriverOptions): string {
  const prefix = useGlobalPrefix ? app.get(ApplicationConfig).getGlobalPrefix() : '';
  return [prefix, path]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .reduce((all, part) => (part ? `${all}/${part}` : all), '');
}

export type Operation = 'query' | 'mutation';

export interface RootField extends GraphqlSite {
  readonly operation: Operation;
  readonly field: GraphQLField<unknown, unknown>;
}

const OPERATIONS: Readonly<Record<string, Operation | undefined>> = { QUERY: 'query', MUTATION: 'mutation' };

/** `QUERY Query.orders`, where it is asked. Undefined for what no request of its own reaches. */
export function rootFieldOf(app: INestApplication, { kind, method, path }: Endpoint): RootField | undefined {
  const operation = kind === 'graphql' ? OPERATIONS[method] : undefined;
  if (operation === undefined) return undefined;
  const name = path.slice(path.indexOf('.') + 1);
  for (const site of graphqlSites(app)) {
    const root = operation === 'query' ? site.schema.getQueryType() : site.schema.getMutationType();
    const field = root?.getFields()[name];
    if (field !== undefined) return { ...site, operation, field };
  }
  return undefined;
}
