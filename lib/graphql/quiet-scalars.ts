/** What does a client learn from a custom scalar that does not take its value? That it does not, and neither the value nor the cause. */

import type { GraphQLScalarType } from 'graphql';
import type { GraphQLPackage } from './graphql.peer.js';

const MARK = Symbol('bulwark:quiet-scalar');

/** Scalars of GraphQL itself are left as they are: what they say of a value is taken out where errors are told. */
export function quietScalar(scalar: GraphQLScalarType, graphql: GraphQLPackage): void {
  if (graphql.isSpecifiedScalarType(scalar) || Object.hasOwn(scalar.parseValue, MARK)) return;
  const { parseValue, parseLiteral } = scalar;
  scalar.parseValue = quietly((value) => parseValue.call(scalar, value));
  scalar.parseLiteral = quietly((node, variables) => parseLiteral.call(scalar, node, variables));

  /** One object may serve several schemas: it is not wrapped twice. */
  function quietly<Args extends unknown[]>(parse: (...args: Args) => unknown): (...args: Args) => unknown {
    const quiet = (...args: Args): unknown => {
      try {
        return parse(...args);
      } catch {
        throw new graphql.GraphQLError(`A value does not fit the type ${scalar.name}.`);
      }
    };
    return Object.assign(quiet, { [MARK]: true });
  }
}
