/** Does a signature cover enough to be worth anything? */

import type { InnerList } from 'structured-headers';
import type { RequiredCoverage } from './required-coverage.js';
import { identifierOf } from './signature-base.js';
import { refuseSignature } from './signature-refusal.js';

const TARGET_PARTS = ['"@authority"', '"@path"', '"@query"'];
/** @throws SecurityError when it covers less than is required. */
export function checkCoverage([listed, parameters]: InnerList, required: RequiredCoverage, hasBody: boolean): void {
  for (const name of required.parameters) if (!parameters.has(name)) throw refuseSignature(`not_covered: ${name}`);
  const covered = new Set(listed.map(identifierOf));
  for (const { name, identifier } of required.components) {
    if (name === 'content-digest' && !hasBody) continue;
    // Only as it is: with a parameter such as `key` it may be a part of itself.
    if (!covered.has(identifier) && !(name === '@target-uri' && TARGET_PARTS.every((part) => covered.has(part)))) {
      throw refuseSignature(`not_covered: ${name}`);
    }
  }
}
