/** Types lead to each other, and nobody counts how often they are followed. */

import type { Hole } from '../../hole.js';

export const graphqlOfAnyDepth: Hole = {
  id: 'graphql-of-any-depth',
  title: 'A GraphQL operation may be nested without end',
  owasp: 'API4:2023',
  expects: 'graphql/depth',
  at: 'the app',
  graphql: {
    listSize: 1,
    limits: { depth: 10_000, tokens: 1_000_000, fields: 1_000_000, cost: Number.MAX_VALUE },
  },
};
