/** Does a GraphQL answer hold a field that is not for its caller? In lists, unions and interfaces too. */

import type { Actor } from '../callers/actor.js';
import type { AttackCase, WatchCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { unhurried } from '../calls/good-call.js';
import type { GraphqlAnswers } from '../graphql/graphql-answers.js';
import { GraphqlRecipe } from '../graphql/graphql-recipe.js';
import { isOpen } from '../calls/probe.js';
import { evidenceOf, type Target } from '../target.js';
import { Untried } from '../untried.js';

const HIDDEN = {
  id: 'graphql/hidden-fields',
  title: 'No GraphQL answer holds a field that its caller may not see',
  severity: 'high',
  answers: ['API3:2023', 'ASVS-15.3.1', 'ASVS-8.2.3'],
} as const;

/** What reads is called by everybody. */
const hidden: AttackCase = {
  ...HIDDEN,
  on: 'endpoint',
  applies: (target) => target.endpoint.method === 'QUERY' && narrowedAnswers(target) !== undefined,
  run: hides,
};

async function hides(target: Target): Promise<Outcome> {
  const answers = narrowedAnswers(target)!;
  const { endpoint, fixture } = target;
  const objects = [await target.ownParts(), ...(fixture.foreign === undefined ? [] : [await target.foreignParts()])];
  const viewers = await viewersOf(target);
  let isSeen = false;
  for (const parts of objects) {
    const variables = parts.args ?? {};
    for (const query of answers.documentsFor(variables)) {
      for (const as of viewers) {
        const body = JSON.stringify({ query, variables });
        const reply = await unhurried(target, { ...(as && { as }), parts, body });
        const why = answers.excessIn(reply.data, as);
        if (why !== undefined) return broken(why, evidenceOf(reply.answer));
        isSeen ||= !answers.sightings(reply.data).next().done;
      }
    }
  }
  return isSeen ? HELD : notTried(`no call gets an object: fixtures["${endpoint.id}"].own would say what does`);
}

async function viewersOf({ endpoint, site }: Target): Promise<readonly (Actor | undefined)[]> {
  const found: (Actor | undefined)[] = isOpen(endpoint) ? [undefined] : [];
  for (const name of site.cast.names) {
    try {
      found.push(await site.cast.changed(name, endpoint, {}));
    } catch (error) {
      if (!(error instanceof Untried)) throw error;
    }
  }
  return found;
}

/** What changes something is not called for this: the answers to the other cases are looked at. */
const hiddenElsewhere: WatchCase = {
  ...HIDDEN,
  on: 'answers',
  watches: (target) => target.endpoint.method === 'MUTATION' && narrowedAnswers(target) !== undefined,
  see: ({ data, answer }, target) => narrowedAnswers(target)!.excessIn(data, answer.request.caller),
};

function narrowedAnswers({ recipe }: Target): GraphqlAnswers | undefined {
  return recipe instanceof GraphqlRecipe && recipe.answers.isNarrowed ? recipe.answers : undefined;
}

export const GRAPHQL_FIELD_CASES: readonly (AttackCase | WatchCase)[] = [hidden, hiddenElsewhere];
