/** What has a signature to cover? RFC 9421 §3.2.1: that is for whoever verifies to say. */

import { isTextList, optionError } from '../../core/checks.js';
import { componentNamed } from './component-name.js';
import { identifierOf, shortNameOf } from './signature-base.js';

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

/** What a signature has to cover, checked and in one spelling. */
export interface RequiredCoverage {
  readonly parameters: readonly string[];
  readonly components: readonly { readonly name: string; readonly identifier: string }[];
}

const PARAMETERS: readonly string[] = ['created', 'expires', 'nonce', 'alg', 'keyid', 'tag'];

/** @throws TypeError naming the option. */
export function checkRequired(option: string, required: unknown): RequiredCoverage {
  if (!isTextList(required) || required.length === 0) {
    const fix = "Use ['@method', '@target-uri', 'content-digest', 'created'], or leave it out.";
    throw optionError(option, required, 'is not a list of components', fix);
  }
  const isParameter = (name: string) => PARAMETERS.includes(name.toLowerCase());
  return Object.freeze({
    parameters: required.filter(isParameter).map((name) => name.toLowerCase()),
    components: required
      .filter((name) => !isParameter(name))
      .map((name) => componentNamed(option, name))
      .map((component) => ({ name: shortNameOf(component), identifier: identifierOf(component) })),
  });
}
