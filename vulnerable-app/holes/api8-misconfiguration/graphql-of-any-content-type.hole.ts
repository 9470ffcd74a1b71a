/** An old client sends its queries as text. To help it, they are all taken for JSON, and so are those of any page. */

import type { Hole } from '../../hole.js';
import { pathOf, use } from '../../careless.js';

export const graphqlOfAnyContentType: Hole = {
  id: 'graphql-of-any-content-type',
  title: 'GraphQL takes operations that a form of another site can send',
  owasp: 'API8:2023',
  expects: 'graphql/get-mutation',
  at: 'the app',
  patch: (app) =>
    use(app, (request, _response, next) => {
      if (pathOf(request) === '/graphql') request.headers['content-type'] = 'application/json';
      next();
    }),
};
