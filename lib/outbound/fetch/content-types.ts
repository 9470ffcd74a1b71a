/** Is a content type one of those that an app expects? */

import { checkTextList, optionError } from '../../core/checks.js';

const TOKEN = "[\\w!#$&^.+'-]+";
const PATTERN = new RegExp(`^(?<type>${TOKEN})/(?:(?<any>\\*)|\\*(?<suffix>\\+${TOKEN})|(?<subtype>${TOKEN}))$`, 'i');

/**
 * @param types `application/json`, `text/*` or `application/*+json`.
 * @returns Whether a Content-Type header is one of them, its parameters aside. None is none of them.
 */
export function completeContentTypes(option: string, types: readonly string[]): (type: string | null) => boolean {
  const fix = "Use e.g. 'application/json', 'text/*' or 'application/*+json'.";
  const exact = new Set<string>();
  const patterns: { readonly prefix: string; readonly suffix: string }[] = [];
  for (const [index, entry] of checkTextList(option, types, fix).entries()) {
    const groups = PATTERN.exec(entry.toLowerCase())?.groups;
    if (groups === undefined) throw optionError(`${option}[${index}]`, entry, 'is not a content type', fix);
    if (groups.subtype !== undefined) exact.add(entry.toLowerCase());
    else patterns.push({ prefix: `${groups.type}/`, suffix: groups.suffix ?? '' });
  }
  return (type) => {
    // RFC 9110 §8.3: one value. A list, `text/html, application/json`, equals nothing here.
    const essence = (type ?? '').split(';', 1)[0]!.trim().toLowerCase();
    if (exact.has(essence)) return true;
    return patterns.some(
      ({ prefix, suffix }) => essence.startsWith(prefix) && essence.endsWith(suffix) && !essence.includes(','),
    );
  };
}
