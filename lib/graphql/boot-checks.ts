/** Is every GraphQL module of this app one whose options we made, and whose schema we have seen? */

import type { ModulesContainer } from '@nestjs/core';
import type { Endpoint } from './endpoint.js';

/** Where `GraphQLModule` keeps its options. */
const MODULE_OPTIONS = 'GqlModuleOptions';

/** @throws TypeError where a GraphQL module was configured past us: its resolvers would be closed, or worse. */
export function checkModules(modules: ModulesContainer, endpoints: ReadonlyMap<object, Endpoint>): void {
  let seen = 0;
  for (const module of modules.values()) {
    const options = module.providers.get(MODULE_OPTIONS)?.instance as object | null | undefined;
    if (options === undefined || options === null) continue;
    const endpoint = endpoints.get(options);
    if (endpoint === undefined) {
      throw new TypeError(
        'GraphQLModule: its options were not made by GraphQLSecurity. Write forRootAsync({ driver, inject: [GraphQLSecurity], ' +
          'useFactory: (security) => security.apollo({ … }) }), or security.mercurius({ … }).',
      );
    }
    seen++;
    if (endpoint.schema !== undefined) continue;
    throw new TypeError(
      `GraphQLModule: the driver at ${endpoint.path} builds its schema past GraphQLSecurity, so that hidden fields would be ` +
        'seen. Use ApolloDriver or MercuriusDriver.',
    );
  }
  if (endpoints.size === 0 || seen > 0) return;
  throw new TypeError(
    'GraphQLSecurity: made the options of a driver, but no GraphQLModule is found that uses them, so that nothing of it can be ' +
      'checked. Import GraphQLModule of @nestjs/graphql 14.',
  );
}
