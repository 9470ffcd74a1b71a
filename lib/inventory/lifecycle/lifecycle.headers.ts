/** What do the answers of a deprecated route say of it? */

import type { Call } from '../../core/call.js';
import { rawResponse } from '../../core/transport.js';
import type { Lifecycle } from './lifecycle.js';

/** `/:id` in a target, but not the port of `https://a.example:8443/`. */
const PARAMETER = /\/:([A-Za-z_]\w*)/g;

/** A client's own text comes back in the header: no more of it than an id has. */
const MAX_VALUE = 128;

/** Half a character, which no URL can hold. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** RFC 3986 §5.2.4: whoever resolves the link takes these for steps, encoded or not. */
const STEP = /^\.{1,2}$/;

/** The parameters that a target names. */
export function parametersOf(target: string): readonly string[] {
  return [...target.matchAll(PARAMETER)].map(([, name]) => name!);
}

/** Made once per route: writes the headers of RFC 9745 §2, RFC 8594 §3 and RFC 8288 §3. */
export function lifecycleHeaders({ sinceMs, sunsetMs, successor, link }: Lifecycle): (call: Call) => void {
  // RFC 9745 §2.1: a date of structured fields. `true` and HTTP dates were in drafts only.
  const deprecation = `@${sinceMs / 1000}`;
  const sunset = sunsetMs === undefined ? undefined : new Date(sunsetMs).toUTCString();
  const fixed = [
    ...(link === undefined ? [] : [`<${link}>; rel="deprecation"`]),
    ...(link === undefined || sunset === undefined ? [] : [`<${link}>; rel="sunset"`]),
  ];
  const isFixed = successor === undefined || parametersOf(successor).length === 0;
  const links = [...(successor !== undefined && isFixed ? [successorLink(successor)] : []), ...fixed].join(', ');

  return function writeLifecycle(call: Call): void {
    call.setHeader('Deprecation', deprecation);
    if (sunset !== undefined) call.setHeader('Sunset', sunset);
    if (links !== '') rawResponse(call.response).appendHeader('Link', links);
    if (isFixed) return;
    const target = filledIn(successor, call);
    if (target !== undefined) rawResponse(call.response).appendHeader('Link', successorLink(target));
  };
}

/** The successor of this very resource. Encoded, so that a value of the client's making stays one segment of a path. */
export function filledIn(successor: string, call: Call): string | undefined {
  let isWhole = true;
  const target = successor.replace(PARAMETER, (_, name: string) => {
    const value = call.param(name);
    isWhole &&= value !== undefined && value.length <= MAX_VALUE && !LONE_SURROGATE.test(value) && !STEP.test(value);
    return isWhole ? `/${encodeURIComponent(value!)}` : '';
  });
  return isWhole ? target : undefined;
}

/** RFC 5829 §3. */
function successorLink(target: string): string {
  return `<${target}>; rel="successor-version"`;
}
