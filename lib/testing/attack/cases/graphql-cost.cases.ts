/** Is a field as dear through an interface as it is on the type behind it? Read from what the caller has left. */

import type { AppCase } from '../attack-case.js';
import { broken, HELD, notTried } from '../attack-report.js';
import { graphqlCase, type Asker } from '../graphql/graphql-asker.js';
import { entrances, type Entrance } from '../graphql/graphql-entrance.js';
import { evidenceOf } from '../target.js';
import type { Answer } from '../wire/wire.js';

const interfaceCost: AppCase = graphqlCase(
  {
    id: 'graphql/interface-cost',
    title: 'A field costs the same through an interface',
    severity: 'medium',
    answers: ['API4:2023', 'ASVS-4.3.1'],
  },
  async (asker) => {
    const ways = await waysAround(asker);
    if (ways.length === 0) return notTried('no query answers an interface that has a resolver of its own behind it');
    let isTried = false;
    for (const { entrance, field, member, dear, cheap } of ways) {
      const [plain, around] = [await chargeOf(asker, entrance, dear), await chargeOf(asker, entrance, cheap)];
      if (plain.charge === undefined || around.charge === undefined) continue;
      isTried = true;
      if (around.charge >= plain.charge) continue;
      const why = `${entrance.name}: ${field} costs ${plain.charge} by ${member}, and ${around.charge} by another way`;
      return broken(why, evidenceOf(around.answer));
    }
    return isTried ? HELD : notTried('no answer says what its caller has left (RateLimit), so no cost is seen');
  },
);

interface Way {
  readonly entrance: Entrance;
  readonly field: string;
  readonly member: string;
  /** The selection that is charged as the resolver says, and one that must not be charged less. */
  readonly dear: string;
  readonly cheap: string;
}

/** So many pairs are compared. */
const MOST_WAYS = 6;

async function waysAround(asker: Asker): Promise<readonly Way[]> {
  const graphql = await import('graphql');
  const resolvers = new Set(asker.site.endpoints.filter(({ method }) => method === 'FIELD').map(({ path }) => path));
  const ways = (await entrances(asker, graphql)).flatMap((entrance) => {
    const type = graphql.getNamedType(entrance.output);
    if (!graphql.isInterfaceType(type)) return [];
    return Object.values(type.getFields()).flatMap(({ name, type: inner, args }) => {
      if (args.some((each) => graphql.isRequiredArgument(each))) return [];
      const leaf = graphql.isLeafType(graphql.getNamedType(inner)) ? name : `${name} { __typename }`;
      const through = `{ ${leaf} }`;
      return asker.graphql.schema.getPossibleTypes(type).flatMap((member) => {
        const direct = `{ ... on ${member.name} { ${leaf} } }`;
        const shared = { entrance, field: name, member: member.name };
        if (resolvers.has(`${member.name}.${name}`)) return [{ ...shared, dear: direct, cheap: through }];
        const isInherited = resolvers.has(`${type.name}.${name}`);
        return isInherited ? [{ ...shared, member: type.name, dear: through, cheap: direct }] : [];
      });
    });
  });
  return ways.slice(0, MOST_WAYS);
}

/** Longer than any bucket needs to fill up again, in milliseconds. */
const A_MINUTE_MS = 60_000;

/** What a full bucket lacks afterwards. Undefined: nobody tells. */
async function chargeOf(
  asker: Asker,
  entrance: Entrance,
  selection: string,
): Promise<{ readonly answer: Answer; readonly charge: number | undefined }> {
  asker.site.clock.advance(A_MINUTE_MS);
  const answer = await entrance.ask(selection);
  // draft-ietf-httpapi-ratelimit-headers: `"public";q=100;w=60` and `"public";r=49;t=1`.
  const quota = numberIn(answer.headers['ratelimit-policy'], 'q');
  const left = numberIn(answer.headers['ratelimit'], 'r');
  // Dearer than the bucket is large, or than one operation may be.
  if (answer.status === 400 || answer.status === 429) return { answer, charge: Infinity };
  return { answer, charge: quota === undefined || left === undefined ? undefined : quota - left };
}

function numberIn(header: string | string[] | undefined, name: string): number | undefined {
  const found = new RegExp(`;\\s*${name}=(\\d+)`).exec(String(header ?? ''))?.[1];
  return found === undefined ? undefined : Number(found);
}

export const GRAPHQL_COST_CASES: readonly AppCase[] = [interfaceCost];
