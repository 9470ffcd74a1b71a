/** How is an inventory read by people? As one table, and a list of what is left open. */

import { accessInWords, inputInWords, limitsInWords, flowInWords, rateInWords } from '../diff/wording.js';
import type { Endpoint } from '../endpoint.js';
import type { Inventory } from '../inventory.service.js';
import { code, row, safe } from './markdown.js';

const HEAD = ['endpoint', 'who', 'limits', 'takes', 'returns', 'answers', 'open'];

export function inventoryMarkdown({ tiers, endpoints }: Inventory): string {
  const lines = [
    '# Security inventory',
    '',
    `${endpoints.length} endpoints. Tiers: ${listed(Object.entries(tiers).map(([name, rate]) => `${name} ${rateInWords(rate)}`))}.`,
    '',
    row(HEAD),
    row(HEAD.map(() => '---')),
    ...endpoints.map((endpoint) => row(cellsOf(endpoint))),
  ];
  const open = endpoints.flatMap(({ id, open: items }) =>
    items.map((item) => `- ${code(id)} ${item.id}: ${safe(item.why)}`),
  );
  if (open.length > 0) lines.push('', '## Left open', '', ...open);
  return `${lines.join('\n')}\n`;
}

function cellsOf(endpoint: Endpoint): readonly string[] {
  const { id, limits, flow, input, output, answers, open, lifecycle } = endpoint;
  const owasp = answers.filter((answer) => answer.startsWith('API'));
  return [
    `${code(id)}${lifecycle === undefined ? '' : ' (deprecated)'}`,
    safe(accessInWords(endpoint)),
    safe(
      listed([
        ...(limits ? [limitsInWords(limits).slice('limits: '.length)] : []),
        ...(flow ? [flowInWords(flow)] : []),
      ]),
    ),
    safe(listed(input.map(inputInWords))),
    safe(output?.shape ?? 'nothing'),
    safe(
      `${listed(owasp.map(short))}${answers.length > owasp.length ? ` and ${answers.length - owasp.length} of ASVS` : ''}`,
    ),
    safe(listed(open.map((item) => short(item.id)))),
  ];
}

function short(id: string): string {
  return id.replace(':2023', '');
}

function listed(parts: readonly string[]): string {
  return parts.length === 0 ? '-' : parts.join(', ');
}
