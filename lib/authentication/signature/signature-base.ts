/** Which bytes does an RFC 9421 signature stand for? The signature base of §2.5. */

import { serializeInnerList, serializeItem, type InnerList, type Item } from 'structured-headers';
import { refuseSignature } from './signature-refusal.js';

/**
 * @param valueOf What a component says. Throws where there is none.
 * @throws SecurityError where a component is listed twice, or cannot be written.
 */
export function signatureBase(input: InnerList, valueOf: (component: Item) => string): string {
  const seen = new Set<string>();
  const lines = input[0].map((component) => {
    const identifier = identifierOf(component);
    if (seen.has(identifier)) throw refuseSignature('component_repeated');
    seen.add(identifier);
    return `${identifier}: ${valueOf(component)}`;
  });
  lines.push(`"@signature-params": ${serialized(() => serializeInnerList(input))}`);
  return lines.join('\n');
}

/** `"@query-param";name="pet"` */
export function identifierOf(component: Item): string {
  return serialized(() => serializeItem(component));
}

/** `@method`, or with parameters as RFC 9421 writes it: `"@query-param";name="id"`. */
export function shortNameOf(component: Item): string {
  return component[1].size === 0 ? String(component[0]) : identifierOf(component);
}

function serialized(write: () => string): string {
  try {
    return write();
  } catch (error) {
    throw refuseSignature('component_malformed', error);
  }
}
