/** What is the page as a whole? One document that loads nothing: style and script are its own, known by their digest. */

import { createHash } from 'node:crypto';
import { coverageSection } from './coverage-section.js';
import { deprecatedSection } from './deprecated-section.js';
import { findingsSection } from './findings-section.js';
import { html, Html } from './html.js';
import { limitsSection } from './limits-section.js';
import { matrixSection } from './matrix-section.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import type { PostureReport } from './posture-report.js';
import { refusalsSection } from './refusals-section.js';
import { summarySection } from './summary-section.js';
import { momentOf } from './moment.js';

/** CSP level 3: nothing but these two texts, byte for byte. What an attacker gets into the page neither runs nor styles. */
const IN_DOCUMENT = [
  "default-src 'none'",
  `style-src '${digestOf(PAGE_STYLE)}'`,
  `script-src '${digestOf(PAGE_SCRIPT)}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

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
  return whole(body);
}

function whole(body: Html): string {
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${IN_DOCUMENT}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="referrer" content="no-referrer" />
        <title>Security posture</title>
        ${new Html(`<style>${PAGE_STYLE}</style>`)}
      </head>
      <body>
        ${body} ${new Html(`<script>${PAGE_SCRIPT}</script>`)}
      </body>
    </html>`;
  // Indentation is for whoever reads this file. Neither text may hold a line that starts with a space.
  return `${markup.replace(/\n +/g, '\n')}\n`;
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
