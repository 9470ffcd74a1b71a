/** How strict is input read? */

import { checkKeys, checkPositiveInteger } from '../core/checks.js';

export interface ValidationOptions {
  /** How many levels of objects and lists a body or query may nest. Default 20. */
  maxDepth?: number;
  /** How many keys one object may have. Default 1_000. */
  maxKeys?: number;
  /** How many entries one list may have. Default 10_000. */
  maxArrayLength?: number;
}

/** The limits that every body, query and path parameter is held to, whatever the route declares. */
export type ValidationSettings = Readonly<Required<ValidationOptions>>;

export const VALIDATION_SETTINGS = Symbol('bulwark:validation');

/** @throws TypeError naming option, value and fix. */
export function validationSettings(options: ValidationOptions = {}): ValidationSettings {
  checkKeys('security.validation', options, ['maxDepth', 'maxKeys', 'maxArrayLength']);
  const { maxDepth = 20, maxKeys = 1_000, maxArrayLength = 10_000 } = options;
  return Object.freeze({
    maxDepth: checkPositiveInteger('security.validation.maxDepth', maxDepth),
    maxKeys: checkPositiveInteger('security.validation.maxKeys', maxKeys),
    maxArrayLength: checkPositiveInteger('security.validation.maxArrayLength', maxArrayLength),
  });
}
