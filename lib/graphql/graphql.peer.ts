/** Loads the optional package `graphql`, or says what to install. */

export type GraphQLPackage = typeof import('graphql');

/** Where the package is injected from, once it is loaded. */
export const GRAPHQL = Symbol('bulwark:graphql-package');

/** @throws TypeError when it is not installed. */
export async function loadGraphQL(): Promise<GraphQLPackage> {
  try {
    // A copy: a module object has no constructor, and @nestjs/graphql asks that of whatever is provided.
    return { ...(await import('graphql')) };
  } catch (cause) {
    throw new TypeError('nestjs-bulwark/graphql: the package `graphql` is missing. Run: npm install graphql', {
      cause,
    });
  }
}
