/** Which component does an option mean? `@method`, `content-type`, or with parameters `"@query-param";name="id"`. */

import { parseItem, type Item } from 'structured-headers';
import { nearest, optionError } from '../../core/checks.js';
import { DERIVED_COMPONENTS, FIELD_PARAMETERS } from './message-component.js';

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** In lower case, and in the one spelling that RFC 9421 knows. @throws TypeError naming the option. */
export function componentNamed(option: string, text: string): Item {
  const component: Item = text.startsWith('"') ? parsed(option, text) : [text, new Map()];
  const parameters = component[1];
  const name = String(component[0] as unknown).toLowerCase();
  if (name.startsWith('@')) checkDerived(option, name, text, parameters);
  else if (!FIELD_NAME.test(name)) throw optionError(option, text, 'is no component', 'Use e.g. "content-type".');
  else {
    const unknown = [...parameters].find(
      ([each, value]) => !FIELD_PARAMETERS.has(each) || (each === 'key' ? typeof value !== 'string' : value !== true),
    );
    if (unknown !== undefined) {
      throw optionError(option, text, `has a parameter that means nothing (${unknown[0]})`, 'Use sf, bs or key="…".');
    }
  }
  return [name, parameters];
}

function checkDerived(option: string, name: string, text: string, parameters: Item[1]): void {
  if (!DERIVED_COMPONENTS.some((each) => each === name)) {
    const near = nearest(name, DERIVED_COMPONENTS);
    const fix = near ? `Did you mean "${near}"?` : `Use one of ${DERIVED_COMPONENTS.join(', ')}.`;
    throw optionError(option, text, 'is no component of a request', fix);
  }
  if (name === '@query-param') {
    if (parameters.size === 1 && typeof parameters.get('name') === 'string') return;
    throw optionError(option, text, 'does not say which parameter', `Use '"@query-param";name="id"'.`);
  }
  if (parameters.size > 0) throw optionError(option, text, 'takes no parameters', `Use "${name}".`);
}

function parsed(option: string, text: string): Item {
  try {
    return parseItem(text);
  } catch {
    throw optionError(option, text, 'is no component', `Use e.g. "content-type" or '"@query-param";name="id"'.`);
  }
}
