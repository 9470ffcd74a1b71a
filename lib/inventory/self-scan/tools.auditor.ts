/** Do the tools of developers stand open in production: API documentation, a GraphQL IDE? */

import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../../core/finding.js';
import { AdapterRoutes } from '../adapter-routes.js';

/** As Swagger UI, Scalar, Redoc and the IDEs of GraphQL are mounted. The documents themselves end in `-json` or `-yaml`. */
const TOOL =
  /^\/(?:[\w.-]+\/){0,3}(?:api-?docs?|docs?|swagger(?:-ui)?|openapi|redoc|scalar|reference|graphiql|playground|altair|voyager|sandbox)(?:[-.](?:json|ya?ml))?(?:\/|$)|^\/api-(?:json|yaml)$/i;

/** The token of Nest's GraphQL module for its options. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

interface GraphqlOptions {
  readonly playground?: unknown;
  readonly graphiql?: unknown;
  readonly introspection?: unknown;
}

@Injectable()
export class ToolsAuditor implements Auditor {
  constructor(
    @Inject(AdapterRoutes) private readonly adapter: AdapterRoutes,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  *findings({ routes, production }: AuditScope): Iterable<Finding> {
    if (!production) return;
    const raw = this.adapter.raw(routes);
    // Swagger UI brings several routes: the first names them all.
    const mounted = raw.find(({ method, path }) => method === 'GET' && TOOL.test(path));
    if (mounted !== undefined) yield exposed(`GET ${mounted.path}`);
    for (const route of routes) {
      if (route.isPublic && route.paths.some(({ path }) => TOOL.test(path))) yield exposed(placeOf(route));
    }
    yield* this.#graphql();
  }

  *#graphql(): Iterable<Finding> {
    for (const { providers } of this.modules.values()) {
      const options = providers.get(GRAPHQL_OPTIONS)?.instance as GraphqlOptions | undefined | null;
      if (typeof options !== 'object' || options === null) continue;
      for (const name of ['playground', 'graphiql', 'introspection'] as const) {
        if (options[name] === undefined || options[name] === false) continue;
        yield {
          id: 'config/graphql-tools',
          severity: 'error',
          where: `GraphQLModule.forRoot({ ${name} })`,
          why: 'Anybody reads the whole schema in production, what is only for administrators included.',
          fix: `${name}: false, or process.env.NODE_ENV === 'development'`,
          references: ['API8:2023', 'API9:2023', 'ASVS-4.3.2', 'ASVS-13.4.5'],
        };
      }
    }
  }
}

function exposed(where: string): Finding {
  return {
    id: 'config/exposed-docs',
    severity: 'error',
    where,
    why: 'Anybody reads in production what there is to attack: every route, its parameters and its shapes.',
    fix: "Serve it in development only, or from a controller with @Roles('admin').",
    references: ['API8:2023', 'API9:2023', 'ASVS-13.4.5'],
  };
}
