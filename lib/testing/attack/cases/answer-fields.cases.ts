/** Does every caller get the fields that are declared for them, and no other? */

import type { AttackCase, WatchCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import type { Actor } from '../callers/actor.js';
import { joined, sightings, treeOf, type FieldTree, type Sighting } from '../answers/declared-view.js';
import { isRead } from '../calls/probe.js';
import { evidenceOf, type Target } from '../target.js';
import { isNarrowed, viewings, type Viewing } from '../answers/viewings.js';
import { ownerlessClasses, ViewingRights } from '../answers/viewing-rights.js';

const HIDDEN = {
  id: 'answer/hidden-fields',
  title: 'No answer holds a field that its caller may not see',
  severity: 'high',
  answers: ['API3:2023', 'ASVS-15.3.1', 'ASVS-8.2.3'],
} as const;

/** What reads is called by everybody. */
const hidden: AttackCase = {
  ...HIDDEN,
  on: 'endpoint',
  applies: (target) => isListed(target) && isRead(target.endpoint),
  run: hides,
};

async function hides(target: Target): Promise<Outcome> {
  const seen = await viewings(target);
  if (seen.length === 0) return notTried(`no call succeeds: fixtures["${target.endpoint.id}"].own would say what does`);
  const judge = new ViewingRights(target);
  for (const { caller, reply } of seen) {
    const why = excessOf(reply.data, caller, treeOfOutput(target), judge);
    if (why !== undefined) return broken(why, evidenceOf(reply.answer));
  }
  return HELD;
}

/** What changes something is not called for this: the answers to the other cases are looked at. */
const hiddenElsewhere: WatchCase = {
  ...HIDDEN,
  on: 'answers',
  watches: (target) => isListed(target) && !isRead(target.endpoint),
  see: ({ status, data, answer }, target) => {
    if (status >= 300 || status < 200) return undefined;
    return excessOf(data, answer.request.caller, treeOfOutput(target), new ViewingRights(target));
  },
};

function excessOf(body: unknown, caller: Actor | undefined, tree: FieldTree, judge: ViewingRights): string | undefined {
  for (const sighting of sightings(body, tree)) {
    for (const name of Object.keys(sighting.object)) {
      if (judge.sees(caller, name, sighting) !== false) continue;
      const audience = sighting.declared.get(name)?.audience;
      const place = joined(sighting.place, name);
      if (audience === undefined) return `${place} is in the answer, and nobody declared it`;
      return `${place} is for ${audience.join(', ')}, and ${caller?.name ?? 'nobody'} sees it`;
    }
  }
  return undefined;
}

const missing: AttackCase = {
  on: 'endpoint',
  id: 'answer/missing-field',
  title: 'Whoever may see a field that others may not gets it',
  severity: 'low',
  answers: ['API3:2023'],
  applies: (target) => isListed(target) && isRead(target.endpoint) && isNarrowed(target.endpoint),
  run: shows,
};

/** Fields may be absent because there is nothing in them. So the same object is looked at by two who may both see it. */
async function shows(target: Target): Promise<Outcome> {
  const [ownerless] = ownerlessClasses(target.route);
  if (ownerless !== undefined)
    return broken(`fields of ${ownerless} are for its owner, and no @OwnerId() says who that is`);
  const judge = new ViewingRights(target);
  const seen = await viewings(target);
  if (seen.length === 0) return notTried(`no call succeeds: fixtures["${target.endpoint.id}"].own would say what does`);
  const shown = new Map<string, Viewing>();
  const withheld = new Map<string, Viewing>();
  for (const viewing of seen) {
    for (const { key, isThere } of narrowFields(viewing, treeOfOutput(target), judge)) {
      (isThere ? shown : withheld).set(key, viewing);
    }
  }
  for (const [key, { caller, reply }] of withheld) {
    const other = shown.get(key);
    if (other === undefined) continue;
    const why = `${key} is there for ${other.caller?.name ?? 'nobody'}, and not for ${caller?.name ?? 'nobody'}, who may see it`;
    return broken(why, evidenceOf(reply.answer));
  }
  return HELD;
}

/** The fields of one viewing that its caller may see and others may not, by object: `email of 7`. */
function* narrowFields(
  { caller, reply }: Viewing,
  tree: FieldTree,
  judge: ViewingRights,
): Generator<{ readonly key: string; readonly isThere: boolean }> {
  for (const sighting of sightings(reply.data, tree)) {
    const object = nameOf(sighting);
    if (object === undefined) continue;
    for (const [name, { audience }] of sighting.declared) {
      if (audience.includes('everybody') || judge.sees(caller, name, sighting) !== true) continue;
      yield { key: `${name} of ${object}`, isThere: sighting.object[name] !== undefined };
    }
  }
}

/** Only what bears an id is the same object in two answers. */
function nameOf({ object }: Sighting): string | undefined {
  const { id } = object;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

function isListed({ endpoint }: Target): boolean {
  return endpoint.kind === 'handler' && endpoint.output?.fields !== undefined;
}

function treeOfOutput({ endpoint }: Target): FieldTree {
  return treeOf(endpoint.output?.fields ?? {});
}

export const ANSWER_FIELD_CASES: readonly (AttackCase | WatchCase)[] = [hidden, hiddenElsewhere, missing];
