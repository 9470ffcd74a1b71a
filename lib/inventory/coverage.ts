/** How much of the OWASP API Security Top 10 (2023) does the app answer? Counted over its endpoints and findings. */

import type { Finding } from '../core/finding.js';
import type { Endpoint } from './endpoint.js';

export interface CoverageItem {
  /** `API1:2023` */
  readonly id: string;
  readonly title: string;
  /** On how many endpoints a control for it stands and is enforced. Not that nothing else is wrong there. */
  readonly answered: number;
  /** How many endpoints leave it open. */
  readonly open: number;
  /** How many findings of the boot audit speak of it. */
  readonly findings: number;
  /** How many of those are errors. Where there is one, the item is not answered, whatever the endpoints say. */
  readonly errors: number;
}

/** As OWASP names them. */
export const OWASP_API_2023: Readonly<Record<string, string>> = {
  'API1:2023': 'Broken Object Level Authorization',
  'API2:2023': 'Broken Authentication',
  'API3:2023': 'Broken Object Property Level Authorization',
  'API4:2023': 'Unrestricted Resource Consumption',
  'API5:2023': 'Broken Function Level Authorization',
  'API6:2023': 'Unrestricted Access to Sensitive Business Flows',
  'API7:2023': 'Server Side Request Forgery',
  'API8:2023': 'Security Misconfiguration',
  'API9:2023': 'Improper Inventory Management',
  'API10:2023': 'Unsafe Consumption of APIs',
};

/** All ten, in their order. Where no endpoint answers an item or leaves it open, it does not show in routes. */
export function owaspCoverage(endpoints: readonly Endpoint[], findings: readonly Finding[]): readonly CoverageItem[] {
  return Object.entries(OWASP_API_2023).map(([id, title]) => {
    const speaking = findings.filter(({ references }) => references.includes(id));
    return {
      id,
      title,
      answered: endpoints.filter(({ answers }) => answers.includes(id)).length,
      open: endpoints.filter(({ open }) => open.some((item) => item.id === id)).length,
      findings: speaking.length,
      errors: speaking.filter(({ severity }) => severity === 'error').length,
    };
  });
}
