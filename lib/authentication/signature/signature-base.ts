/** Which bytes does an RFC 9421 signature stand for? The signature base of §2.5. */

import { serializeInnerList, serializeItem, type InnerList } from 'structured-headers';
import { componentValue, type ComponentSource } from './message-component.js';
import { refuseSignature } from './signature-refusal.js';

const MOST_COMPONENTS = 64;

/** @throws SecurityError where a component is missing, unknown, or listed twice. */
export function signatureBase(input: InnerList, source: ComponentSource): string {
  const [components] = input;
  if (components.length > MOST_COMPONENTS) throw refuseSignature('too_many_components');
  const seen = new Set<string>();
  const lines = components.map((component) => {
    const identifier = identifierOf(component);
    if (seen.has(identifier)) throw refuseSignature('component_repeated');
    seen.add(identifier);
    return `${identifier}: ${componentValue(component, source)}`;
  });
  lines.push(`"@signature-params": ${serialized(() => serializeInnerList(input))}`);
  return lines.join('\n');
}

/** `"@query-param";name="pet"` */
export function identifierOf(component: InnerList[0][number]): string {
  return serialized(() => serializeItem(component));
}

function serialized(write: () => string): string {
  try {
    return write();
  } catch (error) {
    throw refuseSignature('component_malformed', error);
  }
}
