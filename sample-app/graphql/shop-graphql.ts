/** What the shop imports to serve its resolvers at `/graphql`: the driver's options are made safe in one place. */

import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import { GraphQLSecurity, GraphQLSecurityModule } from 'nestjs-bulwark/graphql';

export const shopGraphQL = [
  // The IDE loads its scripts from elsewhere, which the shop's content security policy does not let it.
  GraphQLSecurityModule.forRoot({ ide: false }),
  GraphQLModule.forRootAsync<ApolloDriverConfig>({
    driver: ApolloDriver,
    inject: [GraphQLSecurity],
    useFactory: (security: GraphQLSecurity) => security.apollo({ autoSchemaFile: true }),
  }),
];
