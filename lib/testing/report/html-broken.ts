/** What does the page say first? What is broken, the worst of it before the rest, with the request that shows it. */

import { html, type Html } from '../../inventory/posture-page/html.js';
import type { AttackReport, AttackResult, Evidence } from '../attack/attack-report.js';
import { brokenFirst } from './report-order.js';

export function brokenSection(report: AttackReport): Html {
  const broken = brokenFirst(report);
  return html`<section id="broken" aria-labelledby="broken-title">
    <h2 id="broken-title">Broken</h2>
    ${
      broken.length === 0
        ? html`<p class="calm">Nothing. Whatever was tried held.</p>`
        : html`<ul class="findings">
            ${broken.map(item)}
          </ul>`
    }
  </section>`;
}

function item({ severity, endpoint, handler, title, why, evidence, answers, ...result }: AttackResult): Html {
  const isGrave = severity === 'critical' || severity === 'high';
  return html`<li class="finding finding-${isGrave ? 'error' : 'warning'}">
    <p>
      <span class="state state-${isGrave ? 'bad' : 'open'}">${severity}</span> <bdi class="mono">${endpoint}</bdi>
      ${handler !== undefined && html`<bdi class="small">${handler}</bdi>`}
    </p>
    <p>
      <bdi>${title}</bdi>: <bdi>${why}</bdi>
      <span class="small"><bdi>${result.case}</bdi>${answers.length > 0 && html`, ${answers.join(', ')}`}</span>
    </p>
    ${evidence !== undefined && shown(evidence)}
  </li>`;
}

function shown({ request, status, answer }: Evidence): Html {
  return html`<dl class="evidence">
    <dt>sent</dt>
    <dd><bdi class="mono">${request}</bdi></dd>
    <dt>got</dt>
    <dd><bdi class="mono">${status} ${answer}</bdi></dd>
  </dl>`;
}
