/** What stands before each endpoint? One row each, one column per kind of control and per item of the Top 10. */

import { OWASP_API_2023 } from '../coverage.js';
import { rateInWords } from '../diff/wording.js';
import type { Endpoint, EndpointStepUp } from '../endpoint.js';
import { shortId } from './coverage-section.js';
import { ASKS_NOBODY, details } from './endpoint-details.js';
import { filterForm, openIn } from './filter-form.js';
import { html, type Content, type Html } from './html.js';
import { leftOpen } from './left-open.js';
import { ACCESS_WORDS } from './summary-section.js';

const ITEMS = Object.keys(OWASP_API_2023);

export function matrixSection(endpoints: readonly Endpoint[]): Html {
  return html`<section id="endpoints" aria-labelledby="endpoints-title">
    <h2 id="endpoints-title" tabindex="-1">Endpoints</h2>
    ${filterForm(endpoints)}
    <p class="keys">
      <span><span class="mark mark-answered" aria-hidden="true">●</span> answered</span>
      <span><span class="mark mark-open" aria-hidden="true">○</span> open</span>
      <span><span class="mark mark-none" aria-hidden="true">·</span> does not apply, or nothing tells</span>
    </p>
    <div class="wide" role="region" aria-labelledby="endpoints-title" tabindex="0">
      <table id="matrix" class="matrix">
        <caption class="unseen">
          Endpoints and the controls before them. The numbered columns are the items of the OWASP API Security Top 10.
        </caption>
        <colgroup>
          <col class="w-endpoint" />
          <col class="w-who" />
          <col class="w-needs" />
          <col class="w-owner" />
          <col class="w-limits" />
          <col class="w-flow" />
          <col class="w-returns" />
        </colgroup>
        <colgroup class="items">
          ${ITEMS.map(() => html`<col class="w-item" />`)}
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            <th scope="col">Who</th>
            <th scope="col">Needs</th>
            <th scope="col">Owner</th>
            <th scope="col">Limits</th>
            <th scope="col">Flow</th>
            <th scope="col">Returns</th>
            ${ITEMS.map(
              (id) =>
                html`<th scope="col" class="item">
                  <abbr title="${shortId(id)} ${OWASP_API_2023[id]}"
                    ><span class="unseen">API</span>${shortId(id).slice(3)}</abbr
                  >
                </th>`,
            )}
          </tr>
        </thead>
        ${endpoints.map((endpoint) => group(endpoint))}
      </table>
    </div>
    ${leftOpen(endpoints)}
  </section>`;
}

/** Two lines: the controls, and below them, as wide as the table, everything else that is known. */
function group(endpoint: Endpoint): Html {
  const { method, access, lifecycle, answers, open } = endpoint;
  return html`<tbody
    data-method="${method}"
    data-access="${access}"
    data-open="${openIn(endpoint).join(' ')}"
    data-deprecated="${lifecycle ? 'yes' : 'no'}"
  >
    <tr>
      <th scope="row">${nameOf(endpoint)}</th>
      <td>${whoOf(endpoint)}</td>
      ${cell(needsOf(endpoint))} ${cell(ownerOf(endpoint))} ${cell(limitsOf(endpoint))} ${cell(flowOf(endpoint))}
      ${cell(returnsOf(endpoint))}
      ${ITEMS.map((id) => mark(answers.includes(id), open.find((item) => item.id === id)?.why))}
    </tr>
    <tr class="more">
      <td colspan="${7 + ITEMS.length}">${details(endpoint)}</td>
    </tr>
  </tbody>`;
}

function nameOf({ method, path, version, host, lifecycle, id }: Endpoint): Html {
  return html`<span class="name">
    <span class="method method-${METHODS.has(method) ? method.toLowerCase() : 'other'}">${method}</span>
    <bdi class="path">${path}</bdi>
    ${version !== undefined && id.includes(` v${version}`) && html`<bdi class="tag">v${version}</bdi>`}
    ${host !== undefined && html`<bdi class="tag">@${host}</bdi>`}
    ${lifecycle && html`<span class="tag tag-open">deprecated</span>`}
  </span>`;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

function whoOf({ access, schemes }: Endpoint): Html {
  return html`<span class="access access-${access}">${ACCESS_WORDS[access]}</span>
    ${!ASKS_NOBODY.has(access) && schemes.length > 0 && html`<bdi class="small">${schemes.join(', ')}</bdi>`}`;
}

function needsOf({ roles, scopes, policies, stepUp }: Endpoint): Content {
  const lines = [
    ...(roles ? [html`<bdi>${roles.names.join(roles.all ? ' and ' : ' or ')}</bdi>`] : []),
    ...(scopes.length > 0 ? [html`<bdi>scope ${scopes.join(' ')}</bdi>`] : []),
    ...(policies.length > 0 ? [html`<bdi>policy ${policies.join(', ')}</bdi>`] : []),
    ...(stepUp ? [html`<bdi>${proofOf(stepUp)}</bdi>`] : []),
  ];
  return lines.length === 0 ? undefined : lines.map((line) => html`<div>${line}</div>`);
}

/** `login within 300 s` */
function proofOf({ maxAge, amr, acr }: EndpointStepUp): string {
  return [...(maxAge === undefined ? [] : [`login within ${maxAge} s`]), ...amr, ...acr].join(', ');
}

function ownerOf({ ownership }: Endpoint): Content {
  if (ownership === undefined) return undefined;
  const { kind, param, provider, bypass } = ownership;
  const what = { param: `:${param}`, object: provider ?? `:${param}`, list: 'own only' }[kind];
  return html`<div><bdi>${what}</bdi></div>
    ${bypass.length > 0 && html`<bdi class="small">except ${bypass.join(', ')}</bdi>`}`;
}

function limitsOf({ limits }: Endpoint): Content {
  if (limits === undefined) return undefined;
  const { tier, own, cost } = limits;
  return html`${tier && html`<div>tier</div>`}${own.map(({ rate, by }) => html`<div>${rateInWords(rate)} <span class="small">by ${by}</span></div>`)}${cost !== 1 && html`<div class="small">costs ${cost}</div>`}`;
}

function flowOf({ flow }: Endpoint): Content {
  return flow && html`<bdi>${flow.name}</bdi>`;
}

function returnsOf({ output }: Endpoint): Content {
  return output && html`<bdi class="${LOOSE.has(output.kind) ? 'loose' : 'firm'}">${output.shape}</bdi>`;
}

/** Answers that nothing describes. */
const LOOSE: ReadonlySet<string> = new Set(['undeclared', 'open', 'bypassed']);

function cell(content: Content): Html {
  return content === undefined ? html`<td class="nothing">–</td>` : html`<td>${content}</td>`;
}

function mark(isAnswered: boolean, why: string | undefined): Html {
  if (why !== undefined) {
    return html`<td class="item">
      <abbr class="mark mark-open" title="${why}"
        ><span aria-hidden="true">○</span><span class="unseen">open</span></abbr
      >
    </td>`;
  }
  if (isAnswered)
    return html`<td class="item">
      <span class="mark mark-answered"><span aria-hidden="true">●</span><span class="unseen">answered</span></span>
    </td>`;
  return html`<td class="item"><span class="mark mark-none" aria-hidden="true">·</span></td>`;
}
