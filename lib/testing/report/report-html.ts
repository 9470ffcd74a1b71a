/** How does a person read the report? As one page, with nothing to load: what is broken first, then every endpoint by what was tried. */

import { html } from '../../inventory/posture-page/html.js';
import { pageShell } from '../../inventory/posture-page/page-shell.js';
import { PAGE_STYLE } from '../../inventory/posture-page/page-style.js';
import type { AttackReport } from '../attack/attack-report.js';
import { brokenSection } from './html-broken.js';
import { casesSection, notTriedSection } from './html-cases.js';
import { matrixSection } from './html-matrix.js';
import { REPORT_SCRIPT } from './html-script.js';
import { REPORT_STYLE } from './html-style.js';
import { endpointsIn } from './report-order.js';

const STYLE = `${PAGE_STYLE}\n${REPORT_STYLE}`;

export function reportHtml(report: AttackReport): string {
  const { platform, seed, requests, durationMs, held, broken, notTried } = report;
  const endpoints = endpointsIn(report);
  const body = html`<a class="skip" href="#endpoints">Skip to the endpoints</a>
    <header>
      <h1>Attack report</h1>
      <p class="muted">
        On <bdi>${platform}</bdi>, seed ${seed}: ${requests} requests in ${(durationMs / 1000).toFixed(1)} s.
      </p>
      <nav aria-label="Sections">
        <a href="#broken">Broken</a> <a href="#endpoints">Endpoints</a> <a href="#cases">Cases</a>
        <a href="#not-tried">Not tried</a>
      </nav>
    </header>
    <main>
      <section aria-labelledby="summary-title">
        <h2 id="summary-title" class="unseen">Summary</h2>
        <ul class="figures">
          ${figure(broken, 'broken', '#broken', 'bad')} ${figure(held, 'held', '#cases')}
          ${figure(notTried, 'not tried', '#not-tried', 'open')} ${figure(endpoints, 'endpoints', '#endpoints')}
        </ul>
      </section>
      ${brokenSection(report)} ${matrixSection(report)} ${casesSection(report)} ${notTriedSection(report)}
    </main>
    <footer class="muted">
      <p>Each case was derived from what the endpoint declares. OWASP API Security Top 10, 2023; ASVS 5.0.</p>
    </footer>`;
  return pageShell({ title: 'Attack report', style: STYLE, script: REPORT_SCRIPT, body });
}

function figure(count: number, what: string, href: string, tone?: 'bad' | 'open') {
  return html`<li class="${count > 0 && tone !== undefined ? tone : 'plain'}">
    <a href="${href}"><strong>${count}</strong> <span>${what}</span></a>
  </li>`;
}
