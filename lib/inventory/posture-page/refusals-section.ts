/** Who was refused lately, and why? */

import { html, type Html } from './html.js';
import { momentOf } from './moment.js';
import type { LiveView } from './posture-report.js';
import type { RecentRefusal } from './recent-refusals.js';

export function refusalsSection({ refusals, refusedByStage }: LiveView): Html {
  const stages = Object.entries(refusedByStage).sort(([, left], [, right]) => right - left);
  return html`<section id="refusals" aria-labelledby="refusals-title">
    <h2 id="refusals-title">Latest refusals</h2>
    ${stages.length > 0 && html`<p>${stages.map(([stage, times]) => html`<span class="tag"><bdi>${stage}</bdi> ${times}</span> `)}</p>`}
    ${
      refusals.length === 0
        ? html`<p class="calm">Nobody was refused yet.</p>`
        : html`<div class="wide" role="region" aria-labelledby="refusals-title" tabindex="0">
            <table class="plain">
              <caption class="unseen">
                The latest first. Known callers by their id, everybody else by their network.
              </caption>
              <thead>
                <tr>
                  <th scope="col">Time</th>
                  <th scope="col">Call</th>
                  <th scope="col">Caller</th>
                  <th scope="col">Stage</th>
                  <th scope="col">Reason</th>
                  <th scope="col" class="number">Times</th>
                </tr>
              </thead>
              <tbody>
                ${refusals.map((refusal) => row(refusal))}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

function row({ timeMs, method, path, caller, stage, code, reason, times }: RecentRefusal): Html {
  return html`<tr>
    <td class="small">${momentOf(timeMs)}</td>
    <th scope="row"><bdi class="mono">${method} ${path}</bdi></th>
    <td><bdi class="mono">${caller.id}</bdi></td>
    <td><bdi>${stage}</bdi></td>
    <td><bdi>${reason}</bdi> <span class="small">${code}</span></td>
    <td class="number">${times}</td>
  </tr>`;
}
