/** What did each case come to, and what was left out for which reason? */

import { html, type Html } from '../../inventory/posture-page/html.js';
import type { AttackReport, AttackResult, Verdict } from '../attack/attack-report.js';
import { byCase, countOf, notTriedByReason } from './report-order.js';

export function casesSection(report: AttackReport): Html {
  return html`<section id="cases" aria-labelledby="cases-title">
    <h2 id="cases-title">Cases</h2>
    <div class="wide" role="region" aria-labelledby="cases-title" tabindex="0">
      <table class="plain">
        <caption class="unseen">
          Each case, and at how many endpoints it held, was broken or was not tried.
        </caption>
        <thead>
          <tr>
            <th scope="col">Case</th>
            <th scope="col">What has to hold</th>
            <th scope="col">Tests</th>
            <th scope="col" class="number">Held</th>
            <th scope="col" class="number">Broken</th>
            <th scope="col" class="number">Not tried</th>
          </tr>
        </thead>
        <tbody>
          ${[...byCase(report).values()].map(caseRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function caseRow(results: readonly AttackResult[]): Html {
  const { case: id, title, answers } = results[0]!;
  return html`<tr>
    <th scope="row"><bdi class="mono">${id}</bdi></th>
    <td><bdi>${title}</bdi></td>
    <td class="small">${answers.join(', ')}</td>
    ${(['held', 'broken', 'not-tried'] as const).map((verdict) => count(results, verdict))}
  </tr>`;
}

const TONES: Readonly<Record<Verdict, string>> = { held: 'firm', broken: 'bad', 'not-tried': 'loose' };

function count(results: readonly AttackResult[], verdict: Verdict): Html {
  const number = countOf(results, verdict);
  return html`<td class="number ${number === 0 ? 'nothing' : TONES[verdict]}">${number}</td>`;
}

export function notTriedSection(report: AttackReport): Html {
  const reasons = notTriedByReason(report);
  return html`<section id="not-tried" aria-labelledby="not-tried-title">
    <h2 id="not-tried-title">Not tried</h2>
    ${
      reasons.length === 0
        ? html`<p class="calm">Nothing was left out.</p>`
        : html`<ul class="reasons">
            ${reasons.map(
              ({ why, places }) =>
                html`<li>
                  <p><bdi>${why}</bdi></p>
                  <ul class="places">
                    ${[...places].map(
                      ([place, cases]) =>
                        html`<li><bdi class="mono">${place}</bdi> <bdi class="small">${cases.join(', ')}</bdi></li>`,
                    )}
                  </ul>
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}
