/** What are the filters of a page made of? Fields that its script reads. */

import { html, type Html } from './html.js';

/** @param placeholder What may be looked for: `path, handler, role`. */
export function textFilter(placeholder: string): Html {
  return html`<label class="grow"
    >Text
    <input
      name="q"
      type="search"
      autocomplete="off"
      spellcheck="false"
      placeholder="${placeholder}"
      aria-keyshortcuts="/"
  /></label>`;
}

export function option(value: string, words: string): Html {
  return html`<option value="${value}">${words}</option>`;
}
