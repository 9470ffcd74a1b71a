/** What changed between two inventories, and does it open anything? */

import type { Endpoint, EndpointAccess } from '../endpoint.js';
import type { Inventory } from '../inventory.service.js';
import { controlsOf } from './control.js';
import { detailChanges } from './detail-changes.js';
import { inputChanges, outputChanges } from './data-changes.js';
import type { InventoryChange } from './inventory-change.js';
import { roleChanges, tierChanges } from './shared-changes.js';
import { accessInWords } from './wording.js';

/**
 * Sorted as the inventory is: `+ POST /orders/:id/refund: new, public`. An endpoint that is new, a control that is gone or
 * looser, and more data that enters or leaves open something; what cannot be compared is taken to.
 */
export function compareInventories(before: Inventory, now: Inventory): readonly InventoryChange[] {
  // Ids are unique in what is written; what somebody merged by hand may have one twice, and each counts.
  const old = byId(before.endpoints);
  const found = [
    ...sourceChange(before, now),
    ...tierChanges(before.tiers, now.tiers),
    ...roleChanges(before.roles, now.roles),
  ];
  for (const endpoint of now.endpoints) {
    const earlier = old.get(endpoint.id)?.shift();
    if (earlier !== undefined) found.push(...endpointChanges(earlier, endpoint));
    else found.push({ sign: '+', where: endpoint.id, text: `new, ${accessInWords(endpoint)}`, opens: true });
  }
  for (const { id } of [...old.values()].flat()) found.push({ sign: '-', where: id, text: 'gone', opens: false });
  return found;
}

/** `- GET /users: lost @Roles(moderator)` */
export function changeLine({ sign, where, text }: InventoryChange): string {
  return `${sign} ${where}: ${text}`;
}

function byId(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint[]> {
  const found = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) found.set(endpoint.id, [...(found.get(endpoint.id) ?? []), endpoint]);
  return found;
}

function endpointChanges(before: Endpoint, now: Endpoint): InventoryChange[] {
  const where = now.id;
  const data = [...inputChanges(before, now), ...outputChanges(before, now)];
  const found = [
    ...accessChange(before, now),
    ...controlChanges(before, now),
    ...data.map(({ text, isLooser }) => ({ sign: '~' as const, where, text, opens: isLooser })),
    ...lifecycleChange(before, now),
    ...noticesOf(before, now),
  ];
  if (found.length > 0) return found;
  return detailChanges(before, now).map((text) => ({ sign: '~', where, text, opens: false }));
}

/** From open to closed. What lies between authenticated and restricted shows in the controls. */
const RANK: Readonly<Record<EndpointAccess, number>> = {
  unguarded: 0,
  public: 1,
  inherited: 2,
  authenticated: 3,
  restricted: 3,
  refused: 4,
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
  ];
  return texts.map((text) => ({ sign: '~', where: now.id, text, opens: false }));
}

function quoted(reason: string | undefined): string {
  return reason === undefined ? 'not given' : `"${reason}"`;
}

/** What lives longer than was announced opens: it would have been closed by then. */
function lifecycleChange({ lifecycle: before }: Endpoint, { id, lifecycle: now }: Endpoint): InventoryChange[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  return [{ sign: '~', where: id, text: lifecycleText(now), opens: endOf(now) > endOf(before) }];
}

/** When calls are refused, in milliseconds. Never: no sunset, or `grace` beyond it. */
function endOf(lifecycle: Endpoint['lifecycle']): number {
  if (lifecycle?.sunset === undefined || lifecycle.grace === true) return Infinity;
  const ms = Date.parse(lifecycle.sunset);
  return Number.isNaN(ms) ? Infinity : ms;
}

function lifecycleText(lifecycle: Endpoint['lifecycle']): string {
  if (lifecycle === undefined) return 'no longer deprecated';
  const { since, sunset, grace } = lifecycle;
  const end =
    sunset === undefined ? '' : grace === true ? `, still answered after ${sunset}` : `, gone after ${sunset}`;
  return `deprecated since ${since}${end}`;
}

/** Prefix, versioning and `secureApp()` are not in a module: what two kinds of source say cannot be compared. */
function sourceChange({ source: before }: Inventory, { source: now }: Inventory): InventoryChange[] {
  if (before === now || before === undefined || now === undefined) return [];
  return [{ sign: '~', where: '--app', text: `names a ${now} now, was a ${before}`, opens: true }];
}
