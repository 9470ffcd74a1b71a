/** How is an endpoint asked something that is not about credentials? As far inside as is safe: reads in full, the rest by nobody. */

import type { CallInit, Target } from '../target.js';
import type { Endpoint } from '../../../inventory/endpoint.js';
import { Untried } from '../untried.js';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'ALL']);

/** A call that changes nothing: with a credential where it only reads, without one and without a body elsewhere. @throws Untried */
export async function probe(target: Target): Promise<CallInit> {
  const parts = { ...(await target.ownParts()), body: undefined };
  if (!isRead(target.endpoint) || isOpen(target.endpoint) || target.endpoint.access === 'refused') return { parts };
  try {
    return { as: await target.caller(), parts };
  } catch (error) {
    if (error instanceof Untried) return { parts };
    throw error;
  }
}

export function isRead({ method }: Pick<Endpoint, 'method'>): boolean {
  return READS.has(method);
}

/** Does everybody get in? */
export function isOpen({ access }: Pick<Endpoint, 'access'>): boolean {
  return access === 'public' || access === 'unguarded';
}
