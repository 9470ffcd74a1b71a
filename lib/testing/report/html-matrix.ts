/** What was tried where? One row per endpoint, one column per group of cases. */

import { option, textFilter } from '../../inventory/posture-page/filter-fields.js';
import { html, type Html } from '../../inventory/posture-page/html.js';
import type { AttackReport, AttackResult } from '../attack/attack-report.js';
import { byEndpoint, countOf, groupOf } from './report-order.js';

export function matrixSection(report: AttackReport): Html {
  const groups = [...new Set(report.results.map(groupOf))];
  const endpoints = byEndpoint(report);
  return html`<section id="endpoints" aria-labelledby="endpoints-title">
    <h2 id="endpoints-title">Endpoints</h2>
    ${filterForm(groups, endpoints.size)}
    <p class="keys">
      ${Object.values(MARKS).map(
        ({ sign, tone, words }) =>
          html`<span><span class="mark mark-${tone}" aria-hidden="true">${sign}</span> ${words}</span>`,
      )}
    </p>
    <div class="wide" role="region" aria-labelledby="endpoints-title" tabindex="0">
      <table id="matrix" class="matrix attacked">
        <caption class="unseen">
          Endpoints, and for each group of cases whether all of them held.
        </caption>
        <thead>
          <tr>
            <th scope="col" class="w-place">Endpoint</th>
            ${groups.map((group) => html`<th scope="col" class="item group"><span>${group}</span></th>`)}
          </tr>
        </thead>
        ${[...endpoints].map(([endpoint, results]) => rowsOf(endpoint, results, groups))}
      </table>
    </div>
  </section>`;
}

/** Shown by the script: without one there is nothing to filter with, and the table is whole. */
function filterForm(groups: readonly string[], count: number): Html {
  return html`<form id="filter" role="search" aria-label="Endpoints" hidden>
    ${textFilter('path, handler, case')}
    <label
      >Show
      <select name="verdicts">
        ${option('', 'all')}${option('broken', 'with something broken')}${option('not-tried', 'with something not tried')}
      </select></label
    >
    <label
      >Cases
      <select name="groups">
        ${option('', 'every')}${groups.map((group) => option(group, group))}
      </select></label
    >
    <button type="reset">Reset</button>
    <output id="count" aria-live="polite">${count} of ${count}</output>
  </form>`;
}

/** Two lines: the marks, and below them, as wide as the table, every case by its name. */
function rowsOf(endpoint: string, results: readonly AttackResult[], groups: readonly string[]): Html {
  const of = (group: string) => results.filter((each) => groupOf(each) === group);
  // `broken token`: both at once are asked of one group, so the pairs stand there as well.
  const pairs = new Set(results.flatMap((each) => [each.verdict, groupOf(each), `${each.verdict}@${groupOf(each)}`]));
  return html`<tbody data-has="${[...pairs].join(' ')}">
    <tr>
      <th scope="row">${nameOf(endpoint)}</th>
      ${groups.map((group) => cell(group, of(group)))}
    </tr>
    <tr class="more">
      <td colspan="${groups.length + 1}">
        <details>
          <summary>${results[0]!.handler ?? 'cases'}</summary>
          <div class="lists">${groups.map((group) => list(group, of(group)))}</div>
        </details>
      </td>
    </tr>
  </tbody>`;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

function nameOf(endpoint: string): Html {
  const [, method = '', path = endpoint] = /^([A-Z]+) (.*)$/s.exec(endpoint) ?? [];
  const tone = METHODS.has(method) ? method.toLowerCase() : 'other';
  return html`<span class="name">
    <span class="method method-${tone}">${method}</span> <bdi class="path">${path}</bdi>
  </span>`;
}

const MARKS = {
  held: { sign: '●', tone: 'answered', words: 'held' },
  broken: { sign: '✕', tone: 'broken', words: 'broken' },
  partly: { sign: '◐', tone: 'open', words: 'held, some not tried' },
  left: { sign: '○', tone: 'open', words: 'not tried' },
  none: { sign: '·', tone: 'none', words: 'does not apply' },
} as const;

function cell(group: string, results: readonly AttackResult[]): Html {
  const { sign, tone, words } = MARKS[markOf(results)];
  const broken = countOf(results, 'broken');
  return html`<td class="item">
    <abbr class="mark mark-${tone}" title="${group}: ${words}"
      ><span aria-hidden="true">${broken > 1 ? broken : ''}${sign}</span><span class="unseen">${words}</span></abbr
    >
  </td>`;
}

function markOf(results: readonly AttackResult[]): keyof typeof MARKS {
  if (results.length === 0) return 'none';
  if (countOf(results, 'broken') > 0) return 'broken';
  const left = countOf(results, 'not-tried');
  return left === 0 ? 'held' : left === results.length ? 'left' : 'partly';
}

const WORDS = { held: 'held', broken: 'broken', 'not-tried': 'not tried' } as const;

function list(group: string, results: readonly AttackResult[]): Html | undefined {
  if (results.length === 0) return undefined;
  const isBroken = countOf(results, 'broken') > 0;
  return html`<div class="list ${isBroken && 'list-broken'}">
    <p>${group}</p>
    <ul>
      ${results.map(
        ({ title, verdict, why }) =>
          html`<li><bdi>${title}</bdi>: ${WORDS[verdict]}${why !== undefined && html`, <bdi>${why}</bdi>`}</li>`,
      )}
    </ul>
  </div>`;
}
