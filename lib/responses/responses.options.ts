/** What can be configured about answers? */

import { checkBoolean, checkKeys } from '../core/checks.js';

export interface ResponsesOptions {
  /**
   * What happens to answers of routes without `@Returns()`. Default false: scalars leave, objects of classes with a
   * policy of their own are filtered by it, everything else leaves empty. True lets plain data of such routes out as it
   * is: for a while, on the way to declaring them.
   */
  dangerouslyPassUndeclared?: boolean;
}

export interface ResponsesSettings {
  readonly dangerouslyPassUndeclared: boolean;
}

export const RESPONSES_SETTINGS = Symbol('bulwark:responses');

/** @throws TypeError naming option, value and fix. */
export function responsesSettings(input: ResponsesOptions = {}): ResponsesSettings {
  checkKeys('security.responses', input, ['dangerouslyPassUndeclared']);
  return Object.freeze({
    dangerouslyPassUndeclared: checkBoolean(
      'security.responses.dangerouslyPassUndeclared',
      input.dangerouslyPassUndeclared ?? false,
    ),
  });
}
