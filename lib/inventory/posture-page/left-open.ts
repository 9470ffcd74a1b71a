/** What is left open, and why? Only on paper. */

import type { Endpoint } from '../endpoint.js';
import { shortId } from './coverage-section.js';
import { html, type Html } from './html.js';

/** On paper nothing can be opened or pointed at, so there the reasons stand in a list. */
export function leftOpen(endpoints: readonly Endpoint[]): Html | undefined {
  const items = endpoints.flatMap(({ id, open }) => open.map((item) => ({ ...item, endpoint: id })));
  if (items.length === 0) return undefined;
  return html`<div class="on-paper">
    <h3>Left open</h3>
    <ul>
      ${items.map(
        ({ endpoint, id, why }) => html`<li><bdi class="mono">${endpoint}</bdi> ${shortId(id)}: <bdi>${why}</bdi></li>`,
      )}
    </ul>
  </div>`;
}
