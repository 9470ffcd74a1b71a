/** Do the options name what is there? A slip of the keyboard would leave something untried, and the run would be green. */

import { nearest, optionError } from '../../core/checks.js';
import type { Endpoint } from '../../inventory/endpoint.js';
import { THE_APP } from './attack-report.js';
import type { AttackSettings } from './attack.options.js';
import { ALL_CASES } from './case-list.js';
import { matches } from './selection.js';

/** What stands in reports beside the cases. */
const OTHER_IDS = ['reach/transport'];

/** @throws TypeError naming the option and what is nearest to it. */
export function checkSelection(settings: AttackSettings, declared: readonly Endpoint[]): void {
  const { only = [], skip, fixtures, baseline } = settings;
  const endpoints = [...new Set([...declared, ...(baseline?.endpoints ?? [])].map(({ id }) => id))];
  for (const selector of only) checkSelector(`attack.only`, selector, endpoints);
  for (const selector of Object.keys(skip)) checkSelector('attack.skip', selector, endpoints);
  for (const endpoint of Object.keys(fixtures)) {
    if (endpoints.includes(endpoint) || (isGraph(endpoint) && !endpoints.some(isGraph))) continue;
    throw optionError('attack.fixtures', endpoint, 'is no endpoint of the app', fixFor(endpoint, endpoints));
  }
}

function checkSelector(option: string, selector: string, endpoints: readonly string[]): void {
  const ids = [...new Set([...ALL_CASES.map(({ id }) => id), ...OTHER_IDS])];
  const places = [THE_APP, ...endpoints];
  if (places.some((place) => ids.some((id) => matches(selector, place, id)))) return;
  // Which half of it is wrong?
  const [, place = '', id = ''] = /^(.*?)\s*([a-z-]+\/[a-z-]*)?$/.exec(selector.trim())!;
  const isPlace = places.some((each) => each.startsWith(place));
  const fix = isPlace ? fixFor(id, [...ids, ...groupsOf(ids)]) : fixFor(place || id, [...places, ...ids]);
  throw optionError(option, selector, 'matches no endpoint and case', fix);
}

/** A driver that this library knows nothing of has fields that no inventory lists. */
function isGraph(endpoint: string): boolean {
  return /^(?:QUERY|MUTATION) \w+\./.test(endpoint);
}

function groupsOf(ids: readonly string[]): readonly string[] {
  return [...new Set(ids.map((id) => id.replace(/\/.*/, '/')))];
}

function fixFor(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? 'The inventory of the app lists its endpoints.' : `Did you mean "${near}"?`;
}
