/** Which routes are on their way out, and who still calls them? */

import type { Endpoint } from '../endpoint.js';
import type { DeprecatedRoute } from '../lifecycle/deprecations.js';
import { html, type Html } from './html.js';
import { momentOf } from './moment.js';
import type { LiveView } from './posture-report.js';
import { shortAddress } from './short-address.js';

/** Callers that are named per route. The rest are counted. */
export const SHOWN_CALLERS = 10;

export function deprecatedSection(endpoints: readonly Endpoint[], live: LiveView | undefined): Html {
  const deprecated = endpoints.filter(({ lifecycle }) => lifecycle !== undefined);
  return html`<section id="deprecated" aria-labelledby="deprecated-title">
    <h2 id="deprecated-title">Deprecated</h2>
    ${
      deprecated.length === 0
        ? html`<p class="calm">Nothing is on its way out.</p>`
        : html`<div class="sideways" role="region" aria-labelledby="deprecated-title" tabindex="0">
            <table class="plain">
              <caption class="unseen">
                Deprecated endpoints, their dates and who still calls them
              </caption>
              <thead>
                <tr>
                  <th scope="col">Endpoint</th>
                  <th scope="col">Since</th>
                  <th scope="col">Sunset</th>
                  <th scope="col">Then</th>
                  ${
                    live &&
                    html`<th scope="col" class="number">Calls</th>
                      <th scope="col">Callers</th>`
                  }
                </tr>
              </thead>
              <tbody>
                ${deprecated.map((endpoint) => row(endpoint, live))}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

function row(endpoint: Endpoint, live: LiveView | undefined): Html {
  const { id, lifecycle } = endpoint;
  const { since, sunset, successor } = lifecycle!;
  const seen = live?.deprecated.find((route) => isOf(endpoint, route));
  return html`<tr>
    <th scope="row"><bdi class="mono">${id}</bdi></th>
    <td>${since}</td>
    <td>
      ${sunset ?? html`<span class="state state-open">nobody said</span>`}
      ${seen?.isGone && html`<span class="state state-bad">${seen.grace ? 'passed, still answered' : 'passed, answers 410'}</span>`}
    </td>
    <td>
      ${successor === undefined ? html`<span class="nothing">–</span>` : html`<bdi class="mono">${successor}</bdi>`}
    </td>
    ${
      live &&
      html`<td class="number">${seen?.calls ?? 0}</td>
        <td>${seen && callersOf(seen)}</td>`
    }
  </tr>`;
}

/** Two classes may share a name, so the place counts as well. */
function isOf({ handler, method, path, version, host }: Endpoint, { route, paths }: DeprecatedRoute): boolean {
  return (
    route === handler &&
    paths.some((each) => each.method === method && each.path === path && each.version === version && each.host === host)
  );
}

function callersOf({ callers, forgotten }: DeprecatedRoute): Html {
  if (callers.length === 0) return html`<span class="nothing">nobody yet</span>`;
  const others = Math.max(callers.length - SHOWN_CALLERS, 0) + forgotten;
  return html`<ul class="bare">
    ${callers.slice(0, SHOWN_CALLERS).map(
      ({ kind, id, calls, lastMs }) =>
        html`<li>
          <bdi class="mono">${kind === 'principal' ? id : shortAddress(id)}</bdi> ${calls}
          <span class="small">last ${momentOf(lastMs)}</span>
        </li>`,
    )}
    ${others > 0 && html`<li class="small">and ${others} more</li>`}
  </ul>`;
}
