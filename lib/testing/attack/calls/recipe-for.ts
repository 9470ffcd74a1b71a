/** How is this endpoint called? */

import type { Route } from '../../../core/route.js';
import type { Endpoint } from '../../../inventory/endpoint.js';
import { graphqlRecipe } from '../graphql/graphql-recipe.js';
import { HttpRecipe } from './http-recipe.js';
import type { Recipe } from './recipe.js';
import type { Site } from '../site.js';

/** Undefined where no request of its own reaches it: subscriptions, parts of other fields, gateways and message handlers. */
export async function recipeFor(site: Site, endpoint: Endpoint, route: Route | undefined): Promise<Recipe | undefined> {
  switch (endpoint.kind) {
    case 'handler':
    case 'raw':
      return new HttpRecipe(site.app, endpoint, route, site.settings.seed);
    case 'graphql':
      return graphqlRecipe(site, endpoint);
    case 'gateway':
    case 'message':
      return undefined;
  }
}
