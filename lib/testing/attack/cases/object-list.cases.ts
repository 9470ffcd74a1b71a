/** Does a list hold only what is the caller's? No id of what belongs to somebody else stands in it. */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { fixtureFor } from '../attack.options.js';
import type { Fixture, RequestParts } from '../fixture.js';
import type { Bag } from '../calls/good-call.js';
import { asksForCaller } from '../callers/guarded.js';
import { plainCaller, valuesIn } from '../answers/object-owner.js';
import type { Reply } from '../calls/recipe.js';
import { evidenceOf, type Target } from '../target.js';
import { Untried } from '../untried.js';

const list: AttackCase = {
  on: 'endpoint',
  id: 'object/list',
  title: 'A list holds nothing that belongs to somebody else',
  severity: 'critical',
  answers: ['API1:2023', 'ASVS-8.2.2'],
  applies: (target) => {
    const { ownership, method } = target.endpoint;
    const isRead = method === 'GET' || method === 'QUERY';
    return asksForCaller(target) && isRead && (ownership?.kind === 'list' || ownership?.kind === 'param');
  },
  run: listsOwnOnly,
};

/** Ids of what belongs to somebody else, by how surely they are told from other values. */
interface ForeignIds {
  /** Long enough that they stand nowhere by chance. */
  readonly long: ReadonlySet<string>;
  /** `7` and the like: they mean something as the id of an entry, in the list of their own kind. */
  readonly short: ReadonlySet<string>;
  /** Those that are short, and of another kind. */
  readonly unused: readonly string[];
}

async function listsOwnOnly(target: Target): Promise<Outcome> {
  const caller = await plainCaller(target);
  const { long, short, unused } = await foreignIds(target);
  if (long.size + short.size === 0) {
    throw new Untried(
      unused.length === 0
        ? '`foreign` of another fixture would say which ids belong to somebody else'
        : `"${unused[0]}" of another fixture's \`foreign\` is too short to be told from other values here: an id of 6 characters or more would do`,
    );
  }
  const reply = await target.call({ as: caller });
  if (reply.status >= 400) return notTried(`the list itself gets ${reply.status}`);
  const listed = valuesIn(reply.data ?? reply.answer.json);
  const leaked = listed.find((value) => long.has(value)) ?? entryIds(reply).find((id) => short.has(id));
  if (leaked !== undefined) return broken(`${caller.name} is shown ${leaked}`, evidenceOf(reply.answer));
  return listed.length > 0 ? HELD : notTried(`the list of ${caller.name} is empty: nothing of anybody could be in it`);
}

async function foreignIds(target: Target): Promise<ForeignIds> {
  const fixtures = await allFixtures(target);
  const own = new Set(fixtures.flatMap(([, { own: parts }]) => idsOf(parts)));
  const [long, short, unused] = [new Set<string>(), new Set<string>(), [] as string[]];
  for (const [endpoint, { foreign }] of fixtures) {
    for (const id of idsOf(foreign)) {
      // What two fixtures say otherwise is nobody's.
      if (own.has(id) && (isLong(id) || isOfThisKind(target, endpoint))) continue;
      if (isLong(id)) long.add(id);
      else if (isOfThisKind(target, endpoint)) short.add(id);
      else unused.push(id);
    }
  }
  return { long, short, unused };
}

/** Those that are made for each case are made for this one, too. */
async function allFixtures({ site }: Target): Promise<(readonly [endpoint: string, fixture: Fixture])[]> {
  const { app, settings } = site;
  const all: (readonly [string, Fixture])[] = [];
  for (const endpoint of Object.keys(settings.fixtures)) {
    // One that cannot be made is told where it is needed.
    all.push([endpoint, await fixtureFor(app, settings, endpoint).catch((): Fixture => ({}))]);
  }
  return all;
}

function idsOf(parts: RequestParts | undefined): string[] {
  const { params, args, body } = parts ?? {};
  const ofBody = valuesIn(body).filter(isLong);
  return [...valuesIn([params, args]), ...ofBody];
}

function isLong(id: string): boolean {
  return id.length >= 6;
}

/** `GET /orders/:id` is about the entries of `GET /orders`. */
function isOfThisKind({ endpoint }: Target, other: string): boolean {
  const path = other.slice(other.indexOf(' ') + 1);
  return endpoint.kind === 'handler' && path.startsWith(`${endpoint.path}/`);
}

/** The `id` of each entry of the list, or of what holds it. */
function entryIds({ data }: Reply): string[] {
  const lists = [data, ...Object.values((data as Bag | null | undefined) ?? {})].filter(Array.isArray);
  return lists.flat().flatMap((entry: unknown) => {
    const { id, uuid = id } = (entry ?? {}) as Bag;
    return typeof uuid === 'string' || typeof uuid === 'number' ? [String(uuid)] : [];
  });
}

export const OBJECT_LIST_CASES = [list];
