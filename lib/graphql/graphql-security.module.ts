/** GraphQLSecurityModule.forRoot(): teaches the pipeline to read resolvers. */

import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, MetadataScanner } from '@nestjs/core';
import { ENVIRONMENT, readEnvironment, type Environment } from '../core/environment.js';
import { Admission } from './admission.js';
import { GraphQLSecurity } from './graphql-security.js';
import { GRAPHQL_SETTINGS, graphqlSettings, type GraphQLSecurityOptions } from './graphql.options.js';
import { GRAPHQL, loadGraphQL } from './graphql.peer.js';
import { SocketCredentials } from './socket-credentials.js';
import { Subscriptions } from './subscriptions.js';

@Global()
@Module({})
export class GraphQLSecurityModule {
  /**
   * Import it once, in the root module, beside `SecurityModule.forRoot()`. The drivers' options are then made by `GraphQLSecurity`.
   *
   * @throws TypeError naming option, value and fix, before anything starts.
   */
  static forRoot(options: GraphQLSecurityOptions = {}): DynamicModule {
    graphqlSettings(options, readEnvironment());
    return {
      module: GraphQLSecurityModule,
      imports: [DiscoveryModule],
      providers: [
        {
          provide: GRAPHQL_SETTINGS,
          inject: [ENVIRONMENT],
          useFactory: (environment: Environment) => graphqlSettings(options, environment),
        },
        { provide: GRAPHQL, useFactory: loadGraphQL },
        MetadataScanner,
        Admission,
        SocketCredentials,
        Subscriptions,
        GraphQLSecurity,
      ],
      exports: [GraphQLSecurity],
    };
  }
}
