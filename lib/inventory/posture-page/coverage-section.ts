/** How much of the OWASP API Security Top 10 is answered? A wheel, and the same as a table. */

import type { CoverageItem } from '../coverage.js';
import { html, type Html } from './html.js';

/** `elsewhere`: no endpoint answers it or leaves it open, so it does not show in routes. */
type State = 'answered' | 'partly' | 'open' | 'elsewhere';

const WORDS: Readonly<Record<State, string>> = {
  answered: 'answered',
  partly: 'partly answered',
  open: 'open',
  elsewhere: 'not seen in routes',
};

const CENTRE = 150;
const INNER = 58;
const OUTER = 118;
/** Between two sectors, in degrees. */
const GAP = 1.6;

export function coverageSection(coverage: readonly CoverageItem[]): Html {
  return html`<section id="coverage" aria-labelledby="coverage-title">
    <h2 id="coverage-title">Coverage</h2>
    <p class="keys">
      Answered: a control for it stands on the endpoint. Open: nothing does, or the boot audit found an error.
    </p>
    <div class="coverage sideways" role="region" aria-labelledby="coverage-title" tabindex="0">
      ${wheel(coverage)}
      <table class="plain">
        <caption class="unseen">
          OWASP API Security Top 10, 2023: how many endpoints answer each item, and how many leave it open
        </caption>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Answered</th>
            <th scope="col" class="number">Open</th>
            <th scope="col" class="number">Findings</th>
          </tr>
        </thead>
        <tbody>
          ${coverage.map((item) => row(item))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function row(item: CoverageItem): Html {
  const state = stateOf(item);
  const short = shortId(item.id);
  return html`<tr>
    <th scope="row">
      <a href="#show=${short}"><span class="mono">${short}</span> ${item.title}</a>
    </th>
    <td><span class="state state-${state}">${WORDS[state]}</span></td>
    <td class="number">${item.answered}</td>
    <td class="number">${item.open}</td>
    <td class="number">${item.findings}</td>
  </tr>`;
}

function wheel(coverage: readonly CoverageItem[]): Html {
  const step = 360 / coverage.length;
  const open = coverage.reduce((sum, item) => sum + item.open, 0);
  const told = coverage.map((item) => `${shortId(item.id)} ${WORDS[stateOf(item)]}`).join(', ');
  return html`<svg class="wheel" viewBox="0 0 300 300" role="img" aria-labelledby="wheel-title wheel-text">
    <title id="wheel-title">Coverage of the OWASP API Security Top 10</title>
    <desc id="wheel-text">${told}.</desc>
    ${coverage.map((item, index) => sector(item, index * step, (index + 1) * step))}
    <text class="wheel-number" x="${CENTRE}" y="${CENTRE - 2}" text-anchor="middle">${open}</text>
    <text class="wheel-words" x="${CENTRE}" y="${CENTRE + 18}" text-anchor="middle">open items</text>
  </svg>`;
}

/** The sector is filled from the hub outwards by the share of endpoints that answer, what is left is open or an error. */
function sector(item: CoverageItem, from: number, to: number): Html {
  const { answered, open, errors } = item;
  const state = stateOf(item);
  const all = answered + open + errors;
  const share = all === 0 ? 0 : answered / all;
  const edge = INNER + (OUTER - INNER) * share;
  const [start, end] = [from + GAP / 2, to - GAP / 2];
  const label = pointAt(OUTER + 15, (from + to) / 2);
  return html`<g>
    ${all === 0 && html`<path class="sector-elsewhere" d="${ring(INNER, OUTER, start, end)}" />`}
    ${share < 1 && all > 0 && html`<path class="sector-open" d="${ring(edge, OUTER, start, end)}" />`}
    ${share > 0 && html`<path class="sector-answered" d="${ring(INNER, edge, start, end)}" />`}
    <text
      class="wheel-label label-${state}"
      x="${label.x}"
      y="${label.y}"
      text-anchor="middle"
      dominant-baseline="central"
    >
      ${shortId(item.id).slice(3)}
    </text>
  </g>`;
}

function ring(inner: number, outer: number, from: number, to: number): string {
  const [a, b, c, d] = [pointAt(outer, from), pointAt(outer, to), pointAt(inner, to), pointAt(inner, from)];
  const arc = (radius: number, sweep: 0 | 1) => `A ${radius.toFixed(2)} ${radius.toFixed(2)} 0 0 ${sweep}`;
  return `M ${a.x} ${a.y} ${arc(outer, 1)} ${b.x} ${b.y} L ${c.x} ${c.y} ${arc(inner, 0)} ${d.x} ${d.y} Z`;
}

/** Degrees run clockwise from the top. */
function pointAt(radius: number, degrees: number): { readonly x: string; readonly y: string } {
  const radians = ((degrees - 90) * Math.PI) / 180;
  return {
    x: (CENTRE + radius * Math.cos(radians)).toFixed(2),
    y: (CENTRE + radius * Math.sin(radians)).toFixed(2),
  };
}

function stateOf({ answered, open, errors }: CoverageItem): State {
  if (open + errors === 0) return answered === 0 ? 'elsewhere' : 'answered';
  return answered === 0 ? 'open' : 'partly';
}

/** `API1` */
export function shortId(id: string): string {
  return id.replace(':2023', '');
}
