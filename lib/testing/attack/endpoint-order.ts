/** In which order are endpoints attacked? What reads comes first, what deletes last: nothing is gone before it was tried. */

import type { Endpoint } from '../../inventory/endpoint.js';

const METHODS = ['GET', 'HEAD', 'QUERY', 'FIELD', 'SUBSCRIPTION', 'ALL', 'POST', 'MUTATION', 'PUT', 'PATCH', 'DELETE'];

export function inOrder(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const rank = ({ method }: Endpoint): number => (METHODS.indexOf(method) + METHODS.length + 1) % (METHODS.length + 1);
  // The sort is stable: within a method the order of the inventory holds.
  return [...endpoints].sort((left, right) => rank(left) - rank(right));
}
