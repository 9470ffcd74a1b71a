/** Is somebody called after all, when the answer has long been given? Canaries stay open until the run ends. */

import { openCanary, type Canary } from './canary.js';
import type { Site } from '../site.js';

interface Perch {
  readonly endpoint: string;
  readonly canary: Canary;
}

const perches = new WeakMap<Site, Perch[]>();

/** One for each endpoint that may be told where to call. */
export async function canaryFor(site: Site, endpoint: string): Promise<Canary> {
  const canary = await openCanary();
  perches.set(site, [...(perches.get(site) ?? []), { endpoint, canary }]);
  return canary;
}

/** What is done after an answer is done by then, in milliseconds. */
const LAST_LOOK_MS = 300;

/** The endpoints whose canary was called, at any time. Closes them all. */
export async function calledCanaries(site: Site): Promise<readonly string[]> {
  const all = perches.get(site) ?? [];
  perches.delete(site);
  // By real time: what the app does later is timed by its own clock, which is not the one that is held.
  if (all.length > 0) await new Promise((resolve) => setTimeout(resolve, LAST_LOOK_MS));
  const called = all.filter(({ canary }) => canary.hits > 0).map(({ endpoint }) => endpoint);
  await Promise.all(all.map(({ canary }) => canary.close()));
  return called;
}
