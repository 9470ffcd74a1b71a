/** Public API of `nestjs-bulwark/graphql`: the same rules for resolvers, on Apollo and on Mercurius. */

export { GraphQLSecurityModule } from './graphql-security.module.js';
export { GraphQLSecurity } from './graphql-security.js';
export type { GraphQLSecurityOptions, OperationLimits } from './graphql.options.js';
