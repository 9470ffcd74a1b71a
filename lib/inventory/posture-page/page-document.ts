/** What is the page as a whole? One document that loads nothing: style and script are its own, known by their digest. */

import { coverageSection } from './coverage-section.js';
import { deprecatedSection } from './deprecated-section.js';
import { findingsSection } from './findings-section.js';
import { html } from './html.js';
import { limitsSection } from './limits-section.js';
import { matrixSection } from './matrix-section.js';
import { PAGE_SCRIPT } from './page-script.js';
import { pagePolicy, pageShell } from './page-shell.js';
import { PAGE_STYLE } from './page-style.js';
import type { PostureReport } from './posture-report.js';
import { refusalsSection } from './refusals-section.js';
import { summarySection } from './summary-section.js';
import { momentOf } from './moment.js';

const IN_DOCUMENT = pagePolicy(PAGE_STYLE, PAGE_SCRIPT);

/** As a header. A page that is kept as a file carries the same, but for the frames: a document cannot speak of those. */
export const PAGE_POLICY = `${IN_DOCUMENT}; frame-ancestors 'none'`;

export function pageDocument(report: PostureReport): string {
  const { timeMs, inventory, findings, coverage, live } = report;
  const body = html`<a class="skip" href="#endpoints">Skip to the endpoints</a>
    <header>
      <h1>Security posture</h1>
      <p class="muted">
        ${
          live
            ? html`As of ${momentOf(timeMs)}. What happened is what this process saw since ${momentOf(live.sinceMs)}.`
            : html`As of ${momentOf(timeMs)}, from an app that was started to be looked at and answered nobody.`
        }
      </p>
      <nav aria-label="Sections">
        <a href="#coverage">Coverage</a> <a href="#endpoints">Endpoints</a> <a href="#findings">Findings</a>
        <a href="#limits">Limits</a> ${live && html`<a href="#refusals">Refusals</a>`}
        <a href="#deprecated">Deprecated</a>
      </nav>
    </header>
    <main>
      ${summarySection(report)} ${coverageSection(coverage)} ${matrixSection(inventory.endpoints)}
      ${findingsSection(findings)} ${limitsSection(inventory, live)} ${live && refusalsSection(live)}
      ${deprecatedSection(inventory.endpoints, live)}
    </main>
    <footer class="muted">
      <p>Read from the routes that the guards enforce. OWASP API Security Top 10, 2023.</p>
    </footer>`;
  return pageShell({ title: 'Security posture', style: PAGE_STYLE, script: PAGE_SCRIPT, body });
}
