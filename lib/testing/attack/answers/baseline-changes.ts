/** What is other than the baseline says? Compared once per run. */

import type { InventoryChange } from '../../../inventory/diff/inventory-change.js';
import { compareInventories } from '../../../inventory/diff/inventory-diff.js';
import { InventoryService } from '../../../inventory/inventory.service.js';
import type { Site } from '../site.js';

/** By run: nothing is kept of one that is over. */
const compared = new WeakMap<Site, readonly InventoryChange[]>();

/** Empty where there is no baseline. */
export function baselineChanges(site: Site): readonly InventoryChange[] {
  const { baseline } = site.settings;
  if (baseline === undefined) return [];
  let changes = compared.get(site);
  if (changes === undefined) {
    changes = compareInventories(baseline, site.app.get(InventoryService, { strict: false }).inventory());
    compared.set(site, changes);
  }
  return changes;
}
