/** What does a provider reach by what is injected into it, directly or through others? */

import type { DiscoveryService } from '@nestjs/core';

export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** What these are given, and what that is given, and so on, themselves included. */
export function reachedBy(roots: Iterable<Wrapper>): ReadonlySet<Wrapper> {
  const reached = new Set<Wrapper>();
  const waiting = [...roots];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (reached.has(each)) continue;
    reached.add(each);
    // A missing optional dependency leaves a gap in the list.
    for (const dependency of each.getCtorMetadata() ?? []) if (dependency) waiting.push(dependency);
    for (const { wrapper } of each.getPropertiesMetadata() ?? []) waiting.push(wrapper);
  }
  return reached;
}

/** What one of them says under this mark, if it carries it. */
export function markOf({ instance }: Wrapper, mark: symbol): unknown {
  return typeof instance === 'object' && instance !== null ? Reflect.get(instance, mark) : undefined;
}
