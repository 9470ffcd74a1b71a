/** Whose object is asked for, and by whom? The caller's own, somebody else's, and one that nobody has. */

import type { Actor } from '../callers/actor.js';
import type { RequestParts } from '../fixture.js';
import type { Target } from '../target.js';
import { Untried } from '../untried.js';

/** What is there is not everybody's: ownership is declared, or a fixture says so. */
export function hasOwners({ endpoint, fixture }: Target): boolean {
  const { ownership } = endpoint;
  return (ownership !== undefined && ownership.kind !== 'list') || fixture.foreign !== undefined;
}

/** Somebody to whom objects of others are closed. @throws Untried where every caller may see them. */
export async function plainCaller(target: Target): Promise<Actor> {
  const caller = await target.caller();
  if (!bypasses(target, caller.subject?.roles)) return caller;
  throw new Untried(
    `${caller.name} may see what others own: fixtures["${target.endpoint.id}"].as would name somebody who may not`,
  );
}

/** Another principal in the same roles, who owns none of what the caller owns. Undefined: there is nobody. */
export async function peerOf(target: Target, caller: Actor): Promise<Actor | undefined> {
  const { endpoint, site } = target;
  const { cast } = site;
  const own = (await cast.subject(await target.callerName())).roles;
  for (const name of cast.names) {
    try {
      const subject = await cast.subject(name);
      if (subject.id === '' || subject.id === caller.subject?.id || bypasses(target, subject.roles)) continue;
      if (isSame(subject.roles, own)) return await cast.changed(name, endpoint, {});
    } catch (error) {
      if (!(error instanceof Untried)) throw error;
    }
  }
  return undefined;
}

/** Parts that name what belongs to somebody else. Undefined: nothing tells what does. */
export async function foreignParts(target: Target, peer: Actor | undefined): Promise<RequestParts | undefined> {
  const { endpoint, fixture, recipe } = target;
  if (fixture.foreign !== undefined) return target.foreignParts();
  if (endpoint.ownership?.kind !== 'param') return undefined;
  // The parameter is the owner's id itself: anybody else's will do.
  return recipe.complete(withoutParam(fixture.own ?? {}, endpoint.ownership.param), peer?.subject?.id);
}

function withoutParam(parts: RequestParts, name: string): RequestParts {
  const { [name]: _param, ...params } = parts.params ?? {};
  const { [name]: _arg, ...args } = parts.args ?? {};
  return { ...parts, ...(parts.params && { params }), ...(parts.args && { args }) };
}

function isSame(roles: readonly string[] = [], others: readonly string[] = []): boolean {
  return roles.length === others.length && roles.every((role) => others.includes(role));
}

function bypasses({ endpoint, site }: Target, roles: readonly string[] | undefined): boolean {
  const names = endpoint.ownership?.bypass ?? [];
  return names.length > 0 && site.cast.suffices(roles, { ...endpoint, roles: { names, all: false } });
}

/** Every text and number in a body or in arguments, at any depth. */
export function valuesIn(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(valuesIn);
}
