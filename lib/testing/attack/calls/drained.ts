/** Who has nothing left of what a caller may do? Somebody new, whose bucket is emptied; an address that has called too often. */

import { createPrincipal } from '../../../core/principal.js';
import { RoleHierarchy } from '../../../core/role-hierarchy.js';
import type { Endpoint } from '../../../inventory/endpoint.js';
import type { Rate } from '../../../throttling/rate.js';
import { BUCKET_STORE, type BucketStore } from '../../../throttling/bucket.store.js';
import { principalKeyPrefix, THROTTLING, type ThrottlingSettings } from '../../../throttling/throttling.options.js';
import type { Actor } from '../callers/actor.js';
import { takesBody } from './good-call.js';
import { atEndOf, once } from '../once.js';
import { recipeFor } from './recipe-for.js';
import type { Site } from '../site.js';
import { Target, type CallInit } from '../target.js';
import { Untried } from '../untried.js';
import type { Client } from '../wire/wire.js';

/** Somebody who may call this endpoint, whom nobody has seen before. @throws Untried where such a one cannot be made. */
export async function strangerFor(target: Target, id: string): Promise<Actor> {
  const actor = await target.callerAs({ id });
  if (actor.subject?.id === id) return actor;
  throw new Untried('nobody else can be made of a caller whose credential was given');
}

/**
 * Somebody like whoever may call this, whose tier's bucket is empty: taken from the app's own store at once, for a thousand
 * calls would take their time. @throws Untried where the tier is unlimited.
 */
export async function drainedStranger(target: Target): Promise<Actor> {
  const { app, clock } = target.site;
  const { algorithm } = app.get<ThrottlingSettings>(THROTTLING, { strict: false });
  const { stranger, tier } = await limitedStranger(target, `attack-kit-drained ${target.endpoint.id}`);
  const { rate, name } = tier;
  const { id: owner } = stranger.subject!;
  const store = app.get<BucketStore>(BUCKET_STORE, { strict: false });
  const take = async (cost: number) => {
    const demand = { key: principalKeyPrefix(name) + owner, owner, cost, rate, algorithm };
    return (await store.take([demand], clock.now())).answers[0]!;
  };
  const { allowed, remaining } = await take(rate.capacity);
  // Of an earlier run: what came back since then goes as well.
  if (!allowed && remaining > 0) await take(remaining);
  return stranger;
}

interface LimitedStranger {
  readonly stranger: Actor;
  readonly tier: { readonly name: string; readonly rate: Rate };
}

/** In the usual caller's roles; where those are without limits, in another role that suffices. @throws Untried */
async function limitedStranger(target: Target, id: string): Promise<LimitedStranger> {
  const { endpoint, site } = target;
  const { cast } = site;
  const stranger = await strangerFor(target, id);
  const { rate, name } = tierOf(site, stranger);
  if (rate !== undefined) return { stranger, tier: { rate, name } };
  for (const role of endpoint.roles === undefined ? [] : cast.rolesAround(endpoint)) {
    if (!cast.suffices([role], endpoint)) continue;
    const other = await target.callerAs({ id, roles: [role] });
    const tier = tierOf(site, other);
    if (tier.rate !== undefined) return { stranger: other, tier: { rate: tier.rate, name: tier.name } };
  }
  throw new Untried(`whoever may call this is of the tier "${name}", which is unlimited`);
}

function tierOf({ app }: Site, { subject, scheme }: Actor) {
  const { id, roles = [], scopes = [], tier: named, claims = {} } = subject!;
  const init = { id, scheme, roles, scopes, claims, ...(named !== undefined && { tier: named }) };
  const { tiers } = app.get<ThrottlingSettings>(THROTTLING, { strict: false });
  return tiers.of(createPrincipal(init), app.get(RoleHierarchy, { strict: false }));
}

/** Beyond this many calls a bucket is not emptied: that is a load test. */
const MOST_CALLS = 1_000;

/** A client whose address has used up what everybody may do. @throws Untried where that takes too many calls. */
export async function drainedClient(target: Target): Promise<Client> {
  const { site } = target;
  const { rate, name } = site.app.get<ThrottlingSettings>(THROTTLING, { strict: false }).tiers.public;
  if (rate === undefined) throw new Untried(`the tier "${name}" is unlimited`);
  if (rate.capacity > MOST_CALLS)
    throw new Untried(`the bucket of the tier "${name}" is too large to be emptied by calls`);
  const client = once(site, 'an address that has used up what it may do', () => {
    const opened = site.wire.client();
    atEndOf(site, () => opened.close());
    return opened;
  });
  const cheap = await cheapest(target, client);
  const isItself = cheap === target;
  const init: CallInit = isItself && hasBody(target) ? { body: '{}' } : {};
  const request = await cheap.written(init);
  // Where the time goes on, or was moved, some of it is there again.
  for (let calls = 0; calls <= 2 * MOST_CALLS; calls++) {
    if (cheap.recipe.read(await client.send(request)).status === 429) return client;
    // Of an endpoint without limits the address never gets enough: that is for its own case to find.
    if (isItself && calls > rate.capacity + MORE_CALLS) return client;
  }
  throw new Untried(`${MOST_CALLS} calls did not empty the bucket of the tier "${name}"`);
}

/** A few calls more where the time goes on: meanwhile a bucket fills again. */
export const MORE_CALLS = 60;

/** An endpoint that costs the app little and charges the same bucket alone. The target itself where there is none. */
async function cheapest(target: Target, client: Client): Promise<Target> {
  const { site, endpoint } = target;
  const isPlain = ({ id, kind, method, path, host, input, flow }: Endpoint) =>
    id !== endpoint.id &&
    kind === 'handler' &&
    method === 'GET' &&
    (host ?? flow) === undefined &&
    !/[:*]/.test(path) &&
    input.length === 0;
  const other = site.endpoints.find(
    (each) => isPlain(each) && each.access === 'public' && each.limits?.tier === true && each.limits.own.length === 0,
  );
  const recipe = other && (await recipeFor(site, other, site.routeOf(other)));
  if (other === undefined || recipe === undefined) return target;
  return new Target(site, other, site.routeOf(other), {}, recipe, client, () => undefined);
}

/** Does it read one? Elsewhere a body would be refused for its type. */
export function hasBody(target: Target): boolean {
  return takesBody(target);
}
