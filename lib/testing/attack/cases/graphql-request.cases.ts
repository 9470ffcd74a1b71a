/** Does a GraphQL endpoint take one operation, from its own clients, and tell nobody what else it has? */

import type { AppCase } from '../attack-case.js';
import { broken, HELD, notTried } from '../attack-report.js';
import { CHEAP, graphqlCase, ran, type Asker } from '../graphql/graphql-asker.js';
import { evidenceOf } from '../target.js';
import type { Answer } from '../wire/wire.js';

const MANY = 20;

const batch = graphqlCase(
  {
    id: 'graphql/batch',
    title: 'Many operations do not come in one request',
    severity: 'medium',
    answers: ['API4:2023', 'ASVS-4.3.1'],
  },
  async (asker) => {
    const answer = await asker.send(Array.from({ length: MANY }, () => ({ query: `{ ${CHEAP} }` })));
    if (answer.status >= 500) return broken(`a batch fails with ${answer.status}`, evidenceOf(answer));
    const results: readonly unknown[] = Array.isArray(answer.json) ? answer.json : [answer.json];
    const count = results.filter((json) => ran({ json })).length;
    return count > 1 ? broken(`${count} operations are run for one request`, evidenceOf(answer)) : HELD;
  },
);

const TELLS = { severity: 'low', answers: ['API8:2023', 'API9:2023', 'ASVS-4.3.2'] } as const;

const introspection = graphqlCase(
  { ...TELLS, id: 'graphql/introspection', title: 'The schema is shown to nobody who does not have it' },
  async (asker) => {
    const root = asker.graphql.schema.getQueryType()!.name;
    for (const query of [
      '{ __schema { queryType { name } } }',
      `{ __type(name: "${root}") { fields { name } } }`,
      `query { ...A } fragment A on ${root} { a: __schema\n{ types { name } } }`,
    ]) {
      const answer = await asker.ask(query);
      if (!ran(answer)) continue;
      // Shown in development, as it should be: what production does is not seen from here.
      if (isDevelopment())
        return notTried('the schema is shown outside production: run it with introspection off to see that it is');
      return broken('the schema is shown', evidenceOf(answer));
    }
    return HELD;
  },
);

const suggestions = graphqlCase(
  { ...TELLS, id: 'graphql/suggestions', title: 'An error names no field that was not asked for' },
  async (asker) => {
    for (const query of misspelt(asker)) {
      const answer = await asker.ask(query);
      if (!/did you mean/i.test(answer.text)) continue;
      if (isDevelopment()) return notTried('names are suggested outside production, where the schema is shown as well');
      return broken('an error suggests a name', evidenceOf(answer));
    }
    return HELD;
  },
);

/** A field, a type and an argument, each with a letter too many. */
function misspelt({ graphql: { schema } }: Asker): readonly string[] {
  const root = schema.getQueryType()!;
  const fields = Object.values(root.getFields());
  const asked = fields.find(({ args }) => args.length > 0);
  return [
    ...fields.slice(0, 1).map(({ name }) => `{ ${name}x }`),
    `{ ... on ${root.name}x { ${CHEAP} } }`,
    ...(asked ? [`{ ${asked.name}(${asked.args[0]!.name}x: 1) }`] : []),
  ];
}

function isDevelopment(): boolean {
  return process.env['NODE_ENV'] === 'development' || process.env['NODE_ENV'] === 'test';
}

const fromElsewhere = graphqlCase(
  {
    id: 'graphql/get-mutation',
    title: 'No operation is run that a page of another site can send without asking',
    severity: 'high',
    answers: ['API8:2023', 'ASVS-3.5.1', 'ASVS-3.5.2'],
  },
  async (asker) => {
    const isChanging = Boolean(asker.graphql.schema.getMutationType());
    const query = `${isChanging ? 'mutation ' : ''}{ ${CHEAP} }`;
    for (const [what, send] of waysOfPages(asker, query)) {
      const answer = await send();
      if (ran(answer)) return broken(`${what} is run`, evidenceOf(answer));
    }
    return HELD;
  },
);

type Way = readonly [what: string, send: () => Promise<Answer>];

const BOUNDARY = 'attack-kit';

/** Whatever a form, a link, or `fetch()` without a preflight sends (the simple requests of the Fetch standard). */
function waysOfPages(asker: Asker, query: string): readonly Way[] {
  const json = JSON.stringify({ query });
  const form = `query=${encodeURIComponent(query)}`;
  const part = (name: string, value: string) =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const parts = `${part('operations', json)}${part('map', '{}')}${part('query', query)}--${BOUNDARY}--\r\n`;
  const multipart = `multipart/form-data; boundary=${BOUNDARY}`;
  const typed = (type: string | undefined, body: string) => () => asker.send(body, { 'content-type': type });
  return [
    ['a body of type text/plain', typed('text/plain', json)],
    ['a body of type text/plain; application/json', typed('text/plain; charset=application/json', json)],
    ['a body without a type', typed(undefined, json)],
    ['JSON that says it is a form', typed('application/x-www-form-urlencoded', json)],
    ['a form', typed('application/x-www-form-urlencoded', form)],
    ['a form with parts', typed(multipart, parts)],
    [query.startsWith('mutation') ? 'a mutation by GET' : 'a query by GET', () => asker.get(query)],
    // A page can do that with the cookies of its visitor: it is not read there, but it is run.
    ['a query by GET', () => asker.get(`{ ${CHEAP} }`)],
  ];
}

export const GRAPHQL_REQUEST_CASES: readonly AppCase[] = [batch, introspection, suggestions, fromElsewhere];
