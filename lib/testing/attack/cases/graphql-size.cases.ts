/** Is an operation refused that is made to hurt: wide, deep, circular, or for a list without end? */

import type { AppCase } from '../attack-case.js';
import { HELD, notTried } from '../attack-report.js';
import { CHEAP, graphqlCase, ran, refused, type Asker } from '../graphql/graphql-asker.js';
import { circleFrom, entrances, type Entrance } from '../graphql/graphql-entrance.js';

const SIZE = { severity: 'medium', answers: ['API4:2023', 'ASVS-4.3.1'] } as const;

const ALIASES = Array.from({ length: 300 }, (_, index) => `a${index}: ${CHEAP}`).join(' ');

const aliasFlood = graphqlCase(
  { ...SIZE, id: 'graphql/alias-flood', title: 'A field is not asked for hundreds of times in one operation' },
  async (asker) => {
    const outcome = refused(await asker.ask(`{ ${ALIASES} }`), '300 aliases');
    const inside = outcome === HELD ? await insideOf(asker) : undefined;
    return inside === undefined
      ? outcome
      : refused(await inside.ask(`{ ${ALIASES} }`), `300 aliases in ${inside.name}`);
  },
);

const directiveFlood = graphqlCase(
  { ...SIZE, id: 'graphql/directive-flood', title: 'Directives are not repeated a hundred times' },
  async (asker) => {
    // One at each place: two of a kind at one place are not valid anyway.
    const levels = 100;
    const query = `{ ${'... @include(if: true) { '.repeat(levels)}${CHEAP}${' }'.repeat(levels)} }`;
    return refused(await asker.ask(query), `${levels} directives`);
  },
);

/** A query that is taken, and whose answer has fields. */
async function insideOf(asker: Asker): Promise<Entrance | undefined> {
  const graphql = await import('graphql');
  for (const each of await entrances(asker, graphql)) {
    if (graphql.isLeafType(graphql.getNamedType(each.output))) continue;
    if (ran(await each.ask(`{ ${CHEAP} }`))) return each;
  }
  return undefined;
}

const LEVELS = 30;

const depth = graphqlCase(
  { ...SIZE, id: 'graphql/depth', title: 'Fields do not stand in each other without end' },
  async (asker) => {
    const graphql = await import('graphql');
    let isCircular = false;
    for (const each of await entrances(asker, graphql)) {
      const steps = circleFrom(asker, graphql, graphql.getNamedType(each.output));
      if (steps === undefined) continue;
      isCircular = true;
      // Refused at depth 1 for another reason says nothing: the same field alone has to be taken.
      if (!ran(await each.ask(`{ ${CHEAP} }`))) continue;
      const all = Array.from({ length: LEVELS }, (_, index) => steps[index % steps.length]!);
      const deep = `${all.map(({ opens }) => opens).join('')}{ ${CHEAP} }${all
        .toReversed()
        .map(({ closes }) => closes)
        .join('')}`;
      return refused(await each.ask(deep), `${each.name}, ${LEVELS + 2} levels deep`);
    }
    return notTried(
      isCircular
        ? 'no principal may ask for a field from where a circle begins: fixtures of those queries would say how'
        : 'no type leads back to itself, so nothing can be asked for without end',
    );
  },
);

const circularFragment = graphqlCase(
  { ...SIZE, id: 'graphql/circular-fragment', title: 'A fragment that holds itself is refused' },
  async (asker) => {
    const root = asker.graphql.schema.getQueryType()!.name;
    const two = `fragment A on ${root} { ...B } fragment B on ${root} { ${CHEAP} ...A }`;
    const outcome = refused(await asker.ask(`query { ...A } ${two}`), 'two fragments that hold each other');
    if (outcome !== HELD) return outcome;
    return refused(
      await asker.ask(`query { ...A } fragment A on ${root} { ${CHEAP} ...A }`),
      'a fragment that holds itself',
    );
  },
);

const SIZES = /^(?:first|last|limit|take|count|size|page_?size|per_?page|max_?results)$/i;

const wideList = graphqlCase(
  { ...SIZE, id: 'graphql/wide-list', title: 'No list is as long as its caller likes' },
  async (asker) => {
    let isTried = false;
    let isThere = false;
    for (const { name, ask } of await lists(asker)) {
      isThere = true;
      if (!ran(await ask(1))) continue;
      isTried = true;
      const outcome = refused(await ask(1_000_000), `${name}: 1000000`);
      if (outcome !== HELD) return outcome;
    }
    if (isTried) return HELD;
    return notTried(
      isThere ? 'no principal may ask for a list that takes its length' : 'no query says how long its list is to be',
    );
  },
);

interface List {
  readonly name: string;
  readonly ask: (size: number) => ReturnType<Entrance['ask']>;
}

/** Of the queries themselves, and of what they answer. */
async function lists(asker: Asker): Promise<List[]> {
  const graphql = await import('graphql');
  const isSize = ({ name, type }: { readonly name: string; readonly type: unknown }) =>
    SIZES.test(name) && /^Int!?$/.test(String(type));
  const selectionOf = (output: Entrance['output']): string => {
    const type = graphql.getNamedType(output);
    if (graphql.isLeafType(type)) return '';
    if (!graphql.isObjectType(type) || String(output).includes('[')) return `{ ${CHEAP} }`;
    // A connection: the list stands in it.
    const inner = Object.values(type.getFields()).find(
      (field) => String(field.type).includes('[') && !field.args.some((each) => graphql.isRequiredArgument(each)),
    );
    return `{ ${inner === undefined ? CHEAP : `${inner.name} ${selectionOf(inner.type)}`} }`;
  };
  return (await entrances(asker, graphql)).flatMap((each) => {
    const own = each.args.filter(isSize).map(({ name }) => ({
      name: `${each.name}(${name})`,
      ask: (size: number) => each.ask(selectionOf(each.output), `${name}: ${size}`),
    }));
    const type = graphql.getNamedType(each.output);
    if (!graphql.isObjectType(type)) return own;
    const inner = Object.values(type.getFields()).flatMap((field) => {
      const size = field.args.find(isSize);
      if (size === undefined || field.args.some((arg) => arg !== size && graphql.isRequiredArgument(arg))) return [];
      const ask = (length: number) => each.ask(`{ ${field.name}(${size.name}: ${length}) ${selectionOf(field.type)} }`);
      return [{ name: `${each.name}.${field.name}(${size.name})`, ask }];
    });
    return [...own, ...inner];
  });
}

export const GRAPHQL_SIZE_CASES: readonly AppCase[] = [aliasFlood, directiveFlood, depth, circularFragment, wideList];
