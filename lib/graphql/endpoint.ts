/** What is known of one GraphQL module? An app may have several, each with a schema of its own. */

import type { GraphQLSchema } from 'graphql';
import type { OperationGate } from './operation.gate.js';

export interface Endpoint {
  readonly path: string;
  readonly gate: OperationGate;
  /** Set when the driver has built it. */
  schema: GraphQLSchema | undefined;
}
