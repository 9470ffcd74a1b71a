/** Which endpoints are to be seen? A form that hides the others. */

import { OWASP_API_2023 } from '../coverage.js';
import type { Endpoint } from '../endpoint.js';
import { shortId } from './coverage-section.js';
import { option, textFilter } from './filter-fields.js';
import { html, type Html } from './html.js';
import { ACCESS_WORDS } from './summary-section.js';

const ITEMS = Object.keys(OWASP_API_2023);

/** Shown by the script: without one there is nothing to filter with, and the table is whole. */
export function filterForm(endpoints: readonly Endpoint[]): Html {
  const methods = [...new Set(endpoints.map(({ method }) => method))].sort();
  const open = ITEMS.map(shortId).filter((item) => endpoints.some((endpoint) => openIn(endpoint).includes(item)));
  return html`<form id="filter" role="search" aria-label="Endpoints" hidden>
    ${textFilter('path, handler, role')}
    <label
      >Method
      <select name="method">
        ${option('', 'every')}${methods.map((method) => option(method, method))}
      </select></label
    >
    <label
      >Who
      <select name="access">
        ${option('', 'everybody')}${Object.entries(ACCESS_WORDS).map(([access, words]) => option(access, words))}
      </select></label
    >
    <label
      >Show
      <select name="show">
        ${option('', 'all')}${option('open', 'with open items')}${option('deprecated', 'deprecated')}${ITEMS.map(shortId).map((item) => option(item, open.includes(item) ? `open: ${item}` : `open: ${item} (none)`))}
      </select></label
    >
    <button type="reset">Reset</button>
    <output id="count" aria-live="polite">${endpoints.length} of ${endpoints.length}</output>
  </form>`;
}

/** `API1` for each item that it leaves open. */
export function openIn({ open }: Endpoint): readonly string[] {
  return open.map(({ id }) => shortId(id));
}
