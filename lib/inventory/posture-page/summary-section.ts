/** How does it look at a glance? A strip of counts, each the way to what it counts. */

import type { Endpoint, EndpointAccess } from '../endpoint.js';
import { html, type Html } from './html.js';
import type { PostureReport } from './posture-report.js';

/** In this order on the bar, and in words that need no manual. */
export const ACCESS_WORDS: Readonly<Record<EndpointAccess, string>> = {
  public: 'public',
  authenticated: 'any caller',
  restricted: 'restricted',
  inherited: 'as its parent',
  refused: 'refused',
  unguarded: 'unguarded',
};

export function summarySection({ inventory, findings, live }: PostureReport): Html {
  const { endpoints } = inventory;
  const open = endpoints.reduce((sum, endpoint) => sum + endpoint.open.length, 0);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const refused = Object.values(live?.refusedByStage ?? {}).reduce((sum, times) => sum + times, 0);
  return html`<section aria-labelledby="summary-title" class="summary">
    <h2 id="summary-title" class="unseen">Summary</h2>
    <ul class="figures">
      ${figure(endpoints.length, 'endpoints', '#endpoints')}
      ${figure(withAccess(endpoints, 'public'), 'public', '#access=public')}
      ${figure(withAccess(endpoints, 'unguarded'), 'unguarded', '#access=unguarded', 'bad')}
      ${figure(open, 'open items', '#show=open', 'open')}
      ${figure(findings.length, errors > 0 ? `findings, ${errors} ${errors === 1 ? 'error' : 'errors'}` : 'findings', '#findings', errors > 0 ? 'bad' : 'open')}
      ${figure(endpoints.filter(({ lifecycle }) => lifecycle).length, 'deprecated', '#show=deprecated')}
      ${live && figure(refused, 'refusals', '#refusals')}
    </ul>
    ${accessBar(endpoints)}
  </section>`;
}

function figure(count: number, what: string, href: string, tone?: 'bad' | 'open'): Html {
  const marked = count > 0 && tone !== undefined ? tone : 'plain';
  // A fragment of our own making: never anything that came from outside.
  return html`<li class="${marked}">
    <a href="${href}"><strong>${count}</strong> <span>${what}</span></a>
  </li>`;
}

/** Who gets in, as shares of one bar. The list below it says the same in words. */
function accessBar(endpoints: readonly Endpoint[]): Html {
  const shares = (Object.keys(ACCESS_WORDS) as EndpointAccess[])
    .map((access) => ({ access, count: withAccess(endpoints, access) }))
    .filter(({ count }) => count > 0);
  let at = 0;
  const bars = shares.map(({ access, count }) => {
    const width = (count / endpoints.length) * 1000;
    const bar = html`<rect
      class="fill-${access}"
      x="${at.toFixed(1)}"
      y="0"
      width="${Math.max(width - 2, 1).toFixed(1)}"
      height="10"
    />`;
    at += width;
    return bar;
  });
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>
    <ul class="legend" aria-label="Who gets in">
      ${shares.map(
        ({ access, count }) =>
          html`<li>
            <a href="#access=${access}"
              ><svg class="key" viewBox="0 0 10 10" aria-hidden="true">
                <rect class="fill-${access}" width="10" height="10" rx="2" />
              </svg>
              ${ACCESS_WORDS[access]} <span class="muted">${count}</span></a
            >
          </li>`,
      )}
    </ul>`;
}

function withAccess(endpoints: readonly Endpoint[], access: EndpointAccess): number {
  return endpoints.filter((endpoint) => endpoint.access === access).length;
}
