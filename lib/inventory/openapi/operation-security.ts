/** How does an OpenAPI document say who may call? As security requirements, and in full as `x-security`. */

import type { Endpoint } from '../endpoint.js';

/** One way in: a scheme and what its credential has to carry. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/**
 * One requirement per scheme, any of which will do. Empty: no lock. Where several handlers share an operation it is open
 * only if all of them are.
 */
export function securityRequirements(endpoints: readonly Endpoint[], openapi: string): readonly SecurityRequirement[] {
  const closed = endpoints.filter(({ access }) => access !== 'public' && access !== 'unguarded');
  const found = closed.flatMap(({ schemes, scopes }) =>
    schemes.map((scheme) => ({ [scheme]: mayNameScopes(openapi) ? scopes : [] })),
  );
  return [...new Map(found.map((requirement) => [JSON.stringify(requirement), requirement])).values()];
}

/** OpenAPI 3.0.3 §4.8.30: the list "MUST be empty" for these types of scheme. 3.1 lets it name what is needed. */
function mayNameScopes(openapi: string): boolean {
  return !openapi.startsWith('3.0');
}

/** What a requirement cannot say: roles, policies, ownership, limits, the flow, the lifecycle. */
export function securityExtension(endpoint: Endpoint): object {
  const { access, reason, schemes, roles, scopes, policies, stepUp, ownership, limits, flow, lifecycle } = endpoint;
  return {
    access,
    ...(reason !== undefined && { reason }),
    schemes,
    ...(roles && { roles }),
    ...(scopes.length > 0 && { scopes }),
    ...(policies.length > 0 && { policies }),
    ...(stepUp && { stepUp }),
    ...(ownership && { ownership }),
    ...(limits && { limits }),
    ...(flow && { flow }),
    ...(lifecycle && { lifecycle }),
  };
}
