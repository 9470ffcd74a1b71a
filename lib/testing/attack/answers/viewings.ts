/** How does an endpoint look to everybody? The same calls by each principal, with the roles it takes to get in. */

import type { Endpoint } from '../../../inventory/endpoint.js';
import type { Actor } from '../callers/actor.js';
import type { RequestParts } from '../fixture.js';
import { isOpen } from '../calls/probe.js';
import type { Reply } from '../calls/recipe.js';
import type { Target } from '../target.js';
import { Untried } from '../untried.js';

export interface Viewing {
  readonly caller: Actor | undefined;
  readonly reply: Reply;
}

/** Does it make a difference who looks? */
export function isNarrowed({ output }: Endpoint): boolean {
  return Object.values(output?.fields ?? {}).some((audience) => !audience.includes('everybody'));
}

/** Answers of 2xx only. */
export async function viewings(target: Target): Promise<readonly Viewing[]> {
  const found: Viewing[] = [];
  const callers = await viewersOf(target);
  for (const parts of await objectsOf(target)) {
    for (const caller of callers) {
      const reply = await target.call({ ...(caller && { as: caller }), parts });
      if (reply.status >= 200 && reply.status < 300) found.push({ caller, reply });
    }
  }
  return found;
}

async function viewersOf(target: Target): Promise<readonly (Actor | undefined)[]> {
  const { endpoint, site } = target;
  const nobody = isOpen(endpoint) ? [undefined] : [];
  if (!isNarrowed(endpoint)) return isOpen(endpoint) ? nobody : [await target.caller()];
  const found: Actor[] = [];
  for (const name of site.cast.names) {
    try {
      found.push(await site.cast.changed(name, endpoint, {}));
    } catch (error) {
      if (!(error instanceof Untried)) throw error;
    }
  }
  return [...nobody, ...found];
}

/** What the fixture names; else, where fields are for owners, what bears the ids of principals. */
async function objectsOf(target: Target): Promise<readonly RequestParts[]> {
  const { endpoint, fixture, site } = target;
  const own = await target.ownParts();
  const names = Object.keys(own.params ?? {});
  if (!isNarrowed(endpoint)) return [own];
  if (fixture.foreign !== undefined) return [own, await target.foreignParts()];
  if (target.hasOwn || names.length !== 1) return [own];
  const ids: string[] = [];
  for (const name of site.cast.names.slice(0, 2)) {
    const { id } = await site.cast.subject(name);
    if (id !== '') ids.push(id);
  }
  return ids.map((id) => ({ ...own, params: { [names[0]!]: id } }));
}
