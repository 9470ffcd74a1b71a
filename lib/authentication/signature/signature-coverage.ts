/** Does a signature cover enough to be worth anything? RFC 9421 §3.2.1: that is for whoever verifies to say. */

import type { InnerList } from 'structured-headers';
import { isTextList, optionError } from '../../core/checks.js';
import { identifierOf } from './signature-base.js';
import { refuseSignature } from './signature-refusal.js';

/**
 * What is covered when nobody says: the whole of what is asked for, the content, and the time. `@authority`, `@path` and
 * `@query` together are as good as `@target-uri`; `content-digest` is asked for where there is a body.
 */
export const DEFAULT_REQUIRED: readonly string[] = Object.freeze([
  '@method',
  '@target-uri',
  'content-digest',
  'created',
]);

const TARGET_PARTS = ['"@authority"', '"@path"', '"@query"'];
const PARAMETERS = ['created', 'expires', 'nonce', 'alg', 'keyid', 'tag'];

/** @throws TypeError naming the option. */
export function checkRequired(option: string, required: unknown): readonly string[] {
  if (!isTextList(required)) {
    throw optionError(option, required, 'is not a list of components', "Use ['@method', '@target-uri', 'created'].");
  }
  return Object.freeze([...required]);
}

/** @throws SecurityError when it covers less than is required. */
export function checkCoverage(
  [components, parameters]: InnerList,
  required: readonly string[],
  hasBody: boolean,
): void {
  const covered = new Set(components.map(identifierOf));
  for (const name of required) {
    if (name === 'content-digest' && !hasBody) continue;
    if (PARAMETERS.includes(name) ? parameters.has(name) : covers(covered, name)) continue;
    throw refuseSignature(`not_covered: ${name}`);
  }
}

function covers(covered: ReadonlySet<string>, name: string): boolean {
  // Only as it is: with a parameter such as `key` it may be a part of itself.
  if (covered.has(name.startsWith('"') ? name : `"${name.toLowerCase()}"`)) return true;
  return name === '@target-uri' && TARGET_PARTS.every((part) => covered.has(part));
}
