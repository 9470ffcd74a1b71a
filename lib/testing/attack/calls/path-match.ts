/** Which declared endpoints would answer this path? By their patterns, as routers read them. */

import type { Endpoint } from '../../../inventory/endpoint.js';

/** @param path Without the query. */
export function answersPath({ path: pattern }: Pick<Endpoint, 'path'>, path: string): boolean {
  const segments = pattern.split('/').map((segment) => {
    if (segment.includes('*')) return '.*';
    if (segment.startsWith(':')) return '[^/]+';
    // An optional group is taken to be anything: in doubt the path is somebody's.
    return /[{}]/.test(segment) ? '.*' : escaped(segment);
  });
  return new RegExp(`^${segments.join('/')}/?$`, 'i').test(path);
}

/** The methods that somebody listed there. GET answers HEAD. */
export function methodsAt(endpoints: readonly Endpoint[], path: string): ReadonlySet<string> {
  const found = endpoints.filter((each) => (each.kind === 'handler' || each.kind === 'raw') && answersPath(each, path));
  return new Set(found.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
}

export function pathOf(target: string): string {
  return target.split('?', 1)[0]!;
}

function escaped(text: string): string {
  return text.replace(/[.+?^$()|[\]\\]/g, String.raw`\$&`);
}
