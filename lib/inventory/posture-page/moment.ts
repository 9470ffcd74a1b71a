/** When was that? In one spelling, the same wherever the page is read. */

import { html, type Html } from './html.js';

/** `2026-01-01 09:30:12 UTC` */
export function momentOf(ms: number): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}
