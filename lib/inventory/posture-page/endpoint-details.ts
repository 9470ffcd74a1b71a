/** What else is known of an endpoint? Everything that has no column. */

import { flowInWords, inputInWords, ownershipInWords, stepUpInWords } from '../diff/wording.js';
import type { Endpoint } from '../endpoint.js';
import { shortId } from './coverage-section.js';
import { html, type Html } from './html.js';

/** Credentials are taken there, and none are needed. */
export const ASKS_NOBODY: ReadonlySet<string> = new Set(['public', 'inherited']);

export function details(endpoint: Endpoint): Html {
  const { handler, access, reason, schemes, open, checks, input, flow, ownership, stepUp, answers } = endpoint;
  const asvs = answers.filter((answer) => answer.startsWith('ASVS'));
  return html`<details>
    <summary><bdi>${handler ?? 'on the adapter itself'}</bdi></summary>
    <div class="lists">
      ${listOf(
        'Open',
        open.map(({ id, why }) => `${shortId(id)}: ${why}`),
        'open',
      )}
      ${listOf('Why', reason === undefined ? [] : [reason])}
      ${listOf('Takes', [...input.map(inputInWords), ...(ASKS_NOBODY.has(access) && schemes.length > 0 ? [`credentials, if sent: ${schemes.join(' or ')}`] : [])])}
      ${listOf('Checks', [
        ...checks.map(({ summary }) => summary),
        ...(ownership ? [ownershipInWords(ownership)] : []),
        ...(flow ? [flowInWords(flow)] : []),
        ...(stepUp ? [stepUpInWords(stepUp)] : []),
      ])}
      ${listOf('Answers', asvs.length === 0 ? [] : [asvs.join(', ')])}
    </div>
  </details>`;
}

function listOf(title: string, lines: readonly string[], kind = 'plain'): Html | undefined {
  if (lines.length === 0) return undefined;
  return html`<div class="list list-${kind}">
    <p>${title}</p>
    <ul>
      ${lines.map((line) => html`<li><bdi>${line}</bdi></li>`)}
    </ul>
  </div>`;
}
