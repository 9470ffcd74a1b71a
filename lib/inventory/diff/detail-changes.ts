/** What else is different between two records of an endpoint of which no control, shape or date is? */

import type { Endpoint } from '../endpoint.js';
import { isKnownStage } from './control.js';

/** Each in words that complete the endpoint's id: `answers API1:2023 no more`. */
export function detailChanges(before: Endpoint, now: Endpoint): readonly string[] {
  const [old, current] = [idsOf(before), idsOf(now)];
  const told = [
    ...changed('answers', before.answers, now.answers),
    ...changed('leaves open', old, current),
    ...rewordedItems(before, now),
  ];
  const others = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => {
    return !TOLD.has(key) && textOf(before, key) !== textOf(now, key);
  });
  return [...told, ...others.map((key) => `its ${key} is written differently`), ...otherChecks(before, now)];
}

const TOLD: ReadonlySet<string> = new Set(['answers', 'open', 'checks']);

function idsOf({ open }: Endpoint): readonly string[] {
  return open.map(({ id }) => id);
}

function changed(verb: string, before: readonly string[], now: readonly string[]): readonly string[] {
  const [more, less] = [now.filter((id) => !before.includes(id)), before.filter((id) => !now.includes(id))];
  return [
    ...(more.length > 0 ? [`${verb} ${more.join(', ')} now`] : []),
    ...(less.length > 0 ? [`${verb} ${less.join(', ')} no more`] : []),
  ];
}

/** The reason of an item names what the app has: a parameter, a field, a path. */
function rewordedItems(before: Endpoint, now: Endpoint): readonly string[] {
  return now.open.flatMap(({ id, why }) => {
    const earlier = before.open.find((item) => item.id === id);
    return earlier === undefined || earlier.why === why ? [] : [`leaves ${id} open because "${why}"`];
  });
}

function textOf(endpoint: Endpoint, key: string): string | undefined {
  return JSON.stringify((endpoint as unknown as Readonly<Record<string, unknown>>)[key]);
}

/** What our own stages say is their facts in words, which a new version may word better: those were compared already. */
function otherChecks(before: Endpoint, now: Endpoint): readonly string[] {
  const [old, current] = [before, now].map(({ checks }) => checks.filter(({ stage }) => !isKnownStage(stage)));
  return JSON.stringify(old) === JSON.stringify(current) ? [] : ['its own checks stand in another order'];
}
