/** What did the boot audit find? */

import type { Finding } from '../../core/finding.js';
import { html, type Html } from './html.js';

export function findingsSection(findings: readonly Finding[]): Html {
  return html`<section id="findings" aria-labelledby="findings-title">
    <h2 id="findings-title">Findings</h2>
    ${
      findings.length === 0
        ? html`<p class="calm">The boot audit found nothing to mend.</p>`
        : html`<ul class="findings">
            ${findings.map((finding) => item(finding))}
          </ul>`
    }
  </section>`;
}

function item({ id, severity, where, why, fix, references }: Finding): Html {
  return html`<li class="finding finding-${severity}">
    <p>
      <span class="state state-${severity === 'error' ? 'bad' : 'open'}">${severity}</span>
      <bdi class="mono">${where}</bdi>
    </p>
    <p><bdi>${why}</bdi> <span class="small">${id}, ${references.join(', ')}</span></p>
    <p class="fix"><bdi>${fix}</bdi></p>
  </li>`;
}
