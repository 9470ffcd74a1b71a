/** How often may callers call, and how close to it are they? */

import { rateInWords } from '../diff/wording.js';
import type { Inventory } from '../inventory.service.js';
import { html, type Content, type Html } from './html.js';
import type { BucketUse } from './limit-use.js';
import { momentOf } from './moment.js';
import type { LiveView } from './posture-report.js';

export function limitsSection({ tiers, endpoints }: Inventory, live: LiveView | undefined): Html {
  const own = endpoints.filter(({ limits }) => limits !== undefined && limits.own.length > 0);
  const used = new Map(live?.use.map((use) => [use.name, use]));
  const others = [...used.values()].filter(({ name }) => !Object.hasOwn(tiers, name));
  return html`<section id="limits" aria-labelledby="limits-title">
    <h2 id="limits-title">Limits</h2>
    <div class="sideways" role="region" aria-labelledby="limits-title" tabindex="0">
      <div class="columns">
        <div>
          <table class="plain">
            <caption>
              Buckets${live && ', and their use in the last 15 minutes'}
            </caption>
            <thead>
              <tr>
                <th scope="col">Bucket</th>
                <th scope="col">Rate</th>
                ${
                  live &&
                  html`<th scope="col" class="number">Calls</th>
                    <th scope="col" class="number">Refused</th>
                    <th scope="col">Fullest</th>
                    <th scope="col">By minute</th>`
                }
              </tr>
            </thead>
            <tbody>
              ${Object.entries(tiers).map(([name, rate]) => bucket(name, rateInWords(rate), used.get(name), live))}
              ${others.map((use) => bucket(use.name, use.name.startsWith('route') ? 'as its routes say' : '', use, live))}
            </tbody>
          </table>
        </div>
        ${live && limited(live)}
      </div>
      ${
        own.length > 0 &&
        html`<table class="plain">
          <caption>
            Limits of single endpoints
          </caption>
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col">Limit</th>
            </tr>
          </thead>
          <tbody>
            ${own.map(
              ({ id, limits }) =>
                html`<tr>
                  <th scope="row"><bdi class="mono">${id}</bdi></th>
                  <td>${limits!.own.map(({ rate, by }) => html`<div>${rateInWords(rate)} by ${by}</div>`)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`
      }
    </div>
  </section>`;
}

function bucket(name: string, rate: string, use: BucketUse | undefined, live: LiveView | undefined): Html {
  return html`<tr>
    <th scope="row"><bdi>${name}</bdi></th>
    <td>${rate}</td>
    ${live && useCells(use)}
  </tr>`;
}

function useCells(use: BucketUse | undefined): Content {
  if (use === undefined)
    return html`<td class="number">0</td>
      <td class="number">0</td>
      <td class="nothing">–</td>
      <td class="nothing">–</td>`;
  const percent = Math.round(use.peak * 100);
  return html`<td class="number">${use.calls}</td>
    <td class="number">${use.refused}</td>
    <td>
      <svg class="gauge" viewBox="0 0 100 8" aria-hidden="true">
        <rect class="gauge-all" width="100" height="8" rx="4" />
        <rect class="${percent >= 80 ? 'gauge-high' : 'gauge-used'}" width="${percent}" height="8" rx="4" />
      </svg>
      ${percent} %
    </td>
    <td>${minutes(use)}</td>`;
}

/** Fifteen thin columns. The numbers beside them say the same. */
function minutes({ minutes: each }: BucketUse): Html {
  const most = Math.max(1, ...each.map(({ calls }) => calls));
  return html`<svg class="minutes" viewBox="0 0 90 20" aria-hidden="true">
    ${each.map(({ calls, refused }, index) => {
      const [height, bad] = [(calls / most) * 19, (refused / most) * 19];
      return html`<rect
          class="minute"
          x="${index * 6}"
          y="${(20 - Math.max(height, 1)).toFixed(1)}"
          width="4"
          height="${Math.max(height, 1).toFixed(1)}"
        />${refused > 0 && html`<rect class="minute-refused" x="${index * 6}" y="${(20 - bad).toFixed(1)}" width="4" height="${bad.toFixed(1)}" />`}`;
    })}
  </svg>`;
}

const SHOWN = 10;

function limited({ limited: callers }: LiveView): Html {
  return html`<div>
    <table class="plain">
      <caption>
        Who met a limit
      </caption>
      <thead>
        <tr>
          <th scope="col">Caller</th>
          <th scope="col" class="number">Times</th>
          <th scope="col">Last</th>
        </tr>
      </thead>
      <tbody>
        ${
          callers.length === 0 &&
          html`<tr>
            <td colspan="3" class="nothing">nobody yet</td>
          </tr>`
        }
        ${callers.slice(0, SHOWN).map(
          ({ kind, id, times, lastMs }) =>
            html`<tr>
              <th scope="row"><bdi class="mono">${id}</bdi> <span class="small">${kind}</span></th>
              <td class="number">${times}</td>
              <td class="small">${momentOf(lastMs)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${callers.length > SHOWN && html`<p class="small">and ${callers.length - SHOWN} more</p>`}
  </div>`;
}
