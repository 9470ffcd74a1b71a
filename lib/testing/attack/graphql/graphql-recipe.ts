/** How is a query or mutation called? One root field in one request, and its own decision read from the errors. */

import type { Endpoint } from '../../../inventory/endpoint.js';
import type { RequestParts } from '../fixture.js';
import { madeArgument, namesObject, type GraphQLPackage } from './graphql-argument.js';
import { FieldRules } from './graphql-field-rules.js';
import { GraphqlAnswers } from './graphql-answers.js';
import { rootFieldOf, type RootField } from './graphql-schema.js';
import type { Recipe, Reply } from '../calls/recipe.js';
import type { Site } from '../site.js';
import type { Answer } from '../wire/wire.js';

/** Undefined for what no request of its own reaches: a part of what other fields answer, and subscriptions. */
export async function graphqlRecipe(site: Site, endpoint: Endpoint): Promise<Recipe | undefined> {
  const root = rootFieldOf(site.app, endpoint);
  if (root === undefined) return undefined;
  const graphql = await import('graphql');
  const answers = new GraphqlAnswers(graphql, root, new FieldRules(site, root.schema));
  return new GraphqlRecipe(graphql, endpoint, root, answers);
}

interface GraphqlError {
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: unknown; readonly status?: unknown };
}

export class GraphqlRecipe implements Recipe {
  constructor(
    private readonly graphql: GraphQLPackage,
    private readonly endpoint: Endpoint,
    private readonly root: RootField,
    readonly answers: GraphqlAnswers,
  ) {}

  complete(parts: RequestParts, ownerId: string | undefined): RequestParts {
    const { ownership } = this.endpoint;
    const args: Record<string, unknown> = { ...parts.args };
    for (const argument of this.root.field.args) {
      const { name, type } = argument;
      if (name in args) continue;
      const isOwner = ownership?.kind === 'param' && ownership.param === name;
      if (isOwner && ownerId !== undefined) args[name] = ownerId;
      else if (isOwner || this.graphql.isRequiredArgument(argument)) args[name] = madeArgument(this.graphql, type);
    }
    return { ...parts, args };
  }

  withoutIds(args: RequestParts['args'] = {}): Record<string, unknown> {
    const ids = this.root.field.args.filter((argument) => namesObject(this.graphql, argument));
    return Object.fromEntries(Object.entries(args).filter(([name]) => !ids.some((each) => each.name === name)));
  }

  write({ args = {}, headers = {} }: RequestParts) {
    const query = this.answers.documentFor(args);
    return {
      method: 'POST',
      target: this.root.path,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables: args }),
    };
  }

  read(answer: Answer): Reply {
    const { data, errors } = (answer.json ?? {}) as {
      readonly data?: Readonly<Record<string, unknown>> | null;
      readonly errors?: readonly GraphqlError[];
    };
    const { name } = this.root.field;
    // An error deeper down is that of a field of the answer; one without a path is that of the whole request.
    const error = errors?.find(({ path }) => path === undefined || (path.length === 1 && path[0] === name));
    const value = data?.[name];
    if (error === undefined) return { answer, status: answer.status, code: undefined, data: value };
    const { code } = error.extensions ?? {};
    return { answer, status: statusOf(error, answer), code: typeof code === 'string' ? code : undefined, data: value };
  }
}

function statusOf({ extensions }: GraphqlError, { status }: Answer): number {
  if (typeof extensions?.status === 'number') return extensions.status;
  if (status >= 400) return status;
  return extensions?.code === 'INTERNAL_SERVER_ERROR' ? 500 : 400;
}
