/** What changed between two inventories, and does it open anything? */

import type { Endpoint, EndpointAccess } from '../endpoint.js';
import type { Inventory } from '../inventory.service.js';
import { controlsOf, isLooserRate } from './control.js';
import { inputChanges, outputChanges } from './data-changes.js';
import { compareText } from '../text-order.js';
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
  return [
    ...accessChange(before, now),
    ...controlChanges(before, now),
    ...data.map(({ text, isLooser }) => ({ sign: '~' as const, where, text, opens: isLooser })),
    ...lifecycleChange(before, now),
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

function roleChanges(before: Inventory['roles'], now: Inventory['roles']): InventoryChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].sort(compareText).flatMap((name) => {
    const [had, has] = [before[name] ?? [], now[name] ?? []];
    const [more, less] = [has.filter((each) => !had.includes(each)), had.filter((each) => !has.includes(each))];
    const where = `role ${name}`;
    return [
      ...(more.length > 0 ? [{ sign: '-' as const, where, text: `includes ${more.join(', ')} too`, opens: true }] : []),
      ...(less.length > 0
        ? [{ sign: '+' as const, where, text: `includes ${less.join(', ')} no more`, opens: false }]
        : []),
    ];
  });
}

/** Prefix, versioning and `secureApp()` are not in a module: what two kinds of source say cannot be compared. */
function sourceChange({ source: before }: Inventory, { source: now }: Inventory): InventoryChange[] {
  if (before === now || before === undefined || now === undefined) return [];
  return [{ sign: '~', where: '--app', text: `names a ${now} now, was a ${before}`, opens: true }];
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
