/** How is a client told that a URL of theirs is not asked? In one sentence, whatever the reason. */

import { SecurityError, type InputError } from '../../core/errors.js';

/** The one sentence for every URL that is not asked, whether its text or its address is the reason. */
export function urlRefusalDetail(property: string): string {
  return `${property} must be a URL that this API may ask`;
}

/** @param pointer Where in the input the URL stood: `#/url`. */
export function urlRefusal(reason: string, pointer: string | undefined, cause: unknown): SecurityError {
  return new SecurityError('invalid_input', {
    reason: `outbound: ${reason}`,
    cause,
    ...(pointer !== undefined && { errors: [inputErrorAt(pointer)] }),
  });
}

function inputErrorAt(pointer: string): InputError {
  return { detail: urlRefusalDetail(pointer.slice(pointer.lastIndexOf('/') + 1)), pointer };
}
