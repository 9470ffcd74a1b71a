/** The limits stood in the way of one big query, and were lifted for all. */

import type { Hole } from '../../hole.js';

export const graphqlOfAnySize: Hole = {
  id: 'graphql-of-any-size',
  title: 'A GraphQL operation may have thousands of aliases',
  owasp: 'API4:2023',
  expects: 'graphql/alias-flood',
  at: 'the app',
  graphql: {
    limits: { depth: 10_000, aliases: 100_000, rootFields: 100_000, tokens: 1_000_000, fields: 1_000_000, cost: 1e9 },
  },
};
