/** Where does an operation get into the graph, and where does it lead back to where it was? */

import type { GraphQLNamedType, GraphQLOutputType } from 'graphql';
import type { Endpoint } from '../../../inventory/endpoint.js';
import { fixtureFor } from '../attack.options.js';
import { madeArgument, type GraphQLPackage } from './graphql-argument.js';
import type { Asker } from './graphql-asker.js';
import { membersOf } from './graphql-document.js';
import { rootFieldOf } from './graphql-schema.js';
import type { Answer } from '../wire/wire.js';

/** A query that needs no more than it is given here. */
export interface Entrance {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly output: GraphQLOutputType;
  readonly args: readonly { readonly name: string; readonly type: string }[];
  /** As whoever may call it. @param more Further arguments, as they stand in the text: `first: 5`. */
  ask(selection: string, more?: string): Promise<Answer>;
}

/** Every query of this endpoint, with the arguments that fixtures give and made up ones. */
export async function entrances(asker: Asker, graphql: GraphQLPackage): Promise<readonly Entrance[]> {
  const found: Entrance[] = [];
  for (const endpoint of asker.site.endpoints.filter(
    ({ method, access }) => method === 'QUERY' && access !== 'refused',
  )) {
    const root = rootFieldOf(asker.site.app, endpoint);
    if (root === undefined || root.path !== asker.graphql.path) continue;
    const { field } = root;
    const { own } = await fixtureFor(asker.site.app, asker.site.settings, endpoint.id);
    const variables: Record<string, unknown> = { ...own?.args };
    for (const each of field.args) {
      if (graphql.isRequiredArgument(each)) variables[each.name] ??= madeArgument(graphql, each.type);
    }
    const given = field.args.filter(({ name }) => name in variables);
    const head =
      given.length === 0 ? 'query' : `query (${given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ')})`;
    found.push({
      endpoint,
      name: field.name,
      output: field.type,
      args: field.args
        .filter(({ name }) => !(name in variables))
        .map(({ name, type }) => ({ name, type: String(type) })),
      ask: async (selection, more) => {
        const passed = [...given.map(({ name }) => `${name}: $${name}`), ...(more === undefined ? [] : [more])].join(
          ', ',
        );
        const query = `${head} { ${field.name}${passed === '' ? '' : `(${passed})`} ${selection} }`;
        return (await asker.for(endpoint)).ask(query, variables);
      },
    });
  }
  return found;
}

/** One step down: `friends`, or `... on User { friends`. */
export interface Step {
  readonly opens: string;
  readonly closes: string;
}

/** The steps by which a type leads back to itself. Undefined: it does not. */
export function circleFrom(
  { graphql: { schema } }: Asker,
  graphql: GraphQLPackage,
  start: GraphQLNamedType,
): readonly Step[] | undefined {
  const seen = new Set<string>();
  function from(type: GraphQLNamedType): readonly Step[] | undefined {
    for (const member of membersOf(graphql, schema, type)) {
      if (seen.has(member.name)) continue;
      seen.add(member.name);
      for (const field of singlesFirst(Object.values(member.getFields()))) {
        const next = graphql.getNamedType(field.type);
        if (graphql.isLeafType(next) || field.args.some((each) => graphql.isRequiredArgument(each))) continue;
        const rest = next === start ? [] : from(next);
        if (rest === undefined) continue;
        const isSame = member === type;
        return [
          {
            opens: isSame ? `{ ${field.name} ` : `{ ... on ${member.name} { ${field.name} `,
            closes: isSame ? ' }' : ' } }',
          },
          ...rest,
        ];
      }
    }
    return undefined;
  }
  return from(start);
}

/** Lists in lists cost more than there is, long before they are deep. */
function singlesFirst<Field extends { readonly type: GraphQLOutputType }>(fields: readonly Field[]): readonly Field[] {
  const isList = ({ type }: Field) => String(type).includes('[');
  return [...fields.filter((field) => !isList(field)), ...fields.filter(isList)];
}
