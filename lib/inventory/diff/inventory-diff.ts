/** What changed between two inventories, and does it open anything? */

import type { Endpoint, EndpointAccess } from '../endpoint.js';
import type { Inventory } from '../inventory.service.js';
import { controlsOf, isLooserRate } from './control.js';
import { inputChanges, outputChanges } from './data-changes.js';
import { accessInWords, rateInWords } from './wording.js';

export interface InventoryChange {
  /** `+` there is more of it, `-` there is less, `~` it is different. */
  readonly sign: '+' | '-' | '~';
  /** The endpoint's id, or `tier public`. */
  readonly where: string;
  /** `new, public`, `lost @Roles(moderator)` */
  readonly text: string;
  /** Somebody may do more than before, so somebody has to look at it: a check fails. */
  readonly opens: boolean;
}

/**
 * Sorted as the inventory is: `+ POST /orders/:id/refund: new, public`. An endpoint that is new, a control that is gone or
 * looser, and more data that enters or leaves open something; what cannot be compared is taken to.
 */
export function compareInventories(before: Inventory, now: Inventory): readonly InventoryChange[] {
  const [old, current] = [byId(before.endpoints), byId(now.endpoints)];
  const found = tierChanges(before.tiers, now.tiers);
  for (const endpoint of now.endpoints) {
    const earlier = old.get(endpoint.id);
    if (earlier !== undefined) found.push(...endpointChanges(earlier, endpoint));
    else found.push({ sign: '+', where: endpoint.id, text: `new, ${accessInWords(endpoint)}`, opens: true });
  }
  for (const { id } of before.endpoints) {
    if (!current.has(id)) found.push({ sign: '-', where: id, text: 'gone', opens: false });
  }
  return found;
}

/** `- GET /users: lost @Roles(moderator)` */
export function changeLine({ sign, where, text }: InventoryChange): string {
  return `${sign} ${where}: ${text}`;
}

function byId(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
}

function endpointChanges(before: Endpoint, now: Endpoint): InventoryChange[] {
  const where = now.id;
  const data = [...inputChanges(before, now), ...outputChanges(before, now)];
  return [
    ...accessChange(before, now),
    ...controlChanges(before, now),
    ...data.map(({ text, isLooser }) => ({ sign: '~' as const, where, text, opens: isLooser })),
    ...noticesOf(before, now),
  ];
}

/** From open to closed. What lies between authenticated and restricted shows in the controls. */
const RANK: Readonly<Record<EndpointAccess, number>> = {
  unguarded: 0,
  public: 1,
  authenticated: 2,
  restricted: 2,
  refused: 3,
};

function accessChange(before: Endpoint, now: Endpoint): InventoryChange[] {
  const step = RANK[now.access] - RANK[before.access];
  if (step === 0) return [];
  const text = `${accessInWords(now)} now, was ${accessInWords(before)}`;
  return [{ sign: step < 0 ? '-' : '+', where: now.id, text, opens: step < 0 }];
}

function controlChanges(before: Endpoint, now: Endpoint): InventoryChange[] {
  const where = now.id;
  const [old, current] = [controlsOf(before), controlsOf(now)];
  const found: InventoryChange[] = [];
  for (const [name, control] of old) {
    const left = current.get(name);
    if (left === undefined) found.push({ sign: '-', where, text: `lost ${control.text}`, opens: true });
    else if (left.text !== control.text) {
      const opens = left.isLooserThan(control);
      found.push({ sign: opens ? '-' : '+', where, text: `${left.text} now, was ${control.text}`, opens });
    }
  }
  for (const [name, { text }] of current) {
    if (!old.has(name)) found.push({ sign: '+', where, text: `gained ${text}`, opens: false });
  }
  return found;
}

/** What a reader wants to know, and what opens nothing. */
function noticesOf(before: Endpoint, now: Endpoint): InventoryChange[] {
  const texts = [
    ...(before.handler === now.handler
      ? []
      : [`answered by ${now.handler ?? 'no handler'} now, was ${before.handler}`]),
    ...(before.access === now.access && before.reason !== now.reason
      ? [`the reason is ${quoted(now.reason)} now, was ${quoted(before.reason)}`]
      : []),
    ...(JSON.stringify(before.lifecycle) === JSON.stringify(now.lifecycle) ? [] : [lifecycleText(now)]),
  ];
  return texts.map((text) => ({ sign: '~', where: now.id, text, opens: false }));
}

function quoted(reason: string | undefined): string {
  return reason === undefined ? 'not given' : `"${reason}"`;
}

function lifecycleText({ lifecycle }: Endpoint): string {
  if (lifecycle === undefined) return 'no longer deprecated';
  return `deprecated since ${lifecycle.since}${lifecycle.sunset === undefined ? '' : `, gone after ${lifecycle.sunset}`}`;
}

function tierChanges(before: Inventory['tiers'], now: Inventory['tiers']): InventoryChange[] {
  const found: InventoryChange[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [old, current] = [before[name], now[name]];
    const where = `tier ${name}`;
    // Whose tier is gone is counted in another one, and a new one takes callers from another: in doubt that opens.
    if (old === undefined) found.push({ sign: '+', where, text: `new, ${rateInWords(current!)}`, opens: true });
    else if (current === undefined)
      found.push({ sign: '-', where, text: `gone, was ${rateInWords(old)}`, opens: true });
    else if (rateInWords(old) !== rateInWords(current)) {
      const opens = isLooserRate(current, old);
      const text = `${rateInWords(current)} now, was ${rateInWords(old)}`;
      found.push({ sign: opens ? '-' : '+', where, text, opens });
    }
  }
  return found;
}
