/** What changed of what all endpoints share: the tiers, and the roles with all that they include? */

import type { Inventory } from '../inventory.service.js';
import { compareText } from '../text-order.js';
import { isLooserRate } from './control.js';
import type { InventoryChange } from './inventory-change.js';
import { rateInWords } from './wording.js';

export function roleChanges(before: Inventory['roles'], now: Inventory['roles']): InventoryChange[] {
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

export function tierChanges(before: Inventory['tiers'], now: Inventory['tiers']): InventoryChange[] {
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
