/** Is the app what it is meant to be? Each endpoint beside what the baseline says of it. */

import type { InventoryChange } from '../../../inventory/diff/inventory-change.js';
import type { AppCase, AttackCase } from '../attack-case.js';
import { broken, HELD, notTried, type Outcome } from '../attack-report.js';
import { baselineChanges } from '../answers/baseline-changes.js';
import type { Site } from '../site.js';
import type { Target } from '../target.js';

const INVENTORY = ['API9:2023'];
const RENEW = 'Where that is meant, write the baseline anew';

const OPENED = {
  id: 'baseline/opened',
  title: 'Nobody may do more than the baseline says',
  severity: 'high',
  answers: INVENTORY,
} as const;

const opened: AttackCase = {
  ...OPENED,
  on: 'endpoint',
  applies: isInBaseline,
  run: async ({ endpoint, site }) => outcomeOf(changesAt(site, endpoint.id).filter(({ opens }) => opens)),
};

/** Tiers and roles: they are no endpoint's own. */
const openedEverywhere: AppCase = {
  ...OPENED,
  on: 'app',
  applies: hasBaseline,
  run: async (site) => {
    const places = new Set([...site.declared, ...site.settings.baseline!.endpoints].map(({ id }) => id));
    return outcomeOf(baselineChanges(site).filter(({ opens, where }) => opens && !places.has(where)));
  },
};

/** A lost `@Public()` closes, a lost `@VisibleTo()` hides: callers lose what they were promised. */
const closed: AttackCase = {
  on: 'endpoint',
  id: 'baseline/closed',
  title: 'Nobody is refused or shown less than the baseline says',
  severity: 'low',
  answers: INVENTORY,
  applies: isInBaseline,
  run: async ({ endpoint, site }) =>
    outcomeOf(changesAt(site, endpoint.id).filter((change) => !change.opens && !isNotice(change))),
};

const unlisted: AttackCase = {
  on: 'endpoint',
  id: 'baseline/unlisted',
  title: 'Nothing can be called that the baseline does not list',
  severity: 'high',
  answers: INVENTORY,
  applies: ({ site }) => hasBaseline(site),
  run: async ({ endpoint, site }) => outcomeOf(changesAt(site, endpoint.id).filter(isNew)),
};

/** What is gone opens nothing, and cannot be attacked: it is only named. */
const missing: AppCase = {
  on: 'app',
  id: 'baseline/missing',
  title: 'What the baseline lists is there',
  severity: 'low',
  answers: INVENTORY,
  applies: hasBaseline,
  run: async (site) => {
    const gone = baselineChanges(site).filter(({ sign, text }) => sign === '-' && text === 'gone');
    return gone.length === 0 ? HELD : notTried(`gone: ${gone.map(({ where }) => where).join(', ')}. ${RENEW}`);
  },
};

function changesAt(site: Site, id: string): readonly InventoryChange[] {
  return baselineChanges(site).filter(({ where }) => where === id);
}

function outcomeOf(changes: readonly InventoryChange[]): Outcome {
  if (changes.length === 0) return HELD;
  return broken(`${changes.map(({ text }) => text).join('; ')}. ${RENEW}`);
}

function isNew({ sign, text }: InventoryChange): boolean {
  return sign === '+' && text.startsWith('new, ');
}

/** Other code answers, or other words say why: nobody gets more or less by it. */
function isNotice({ text }: InventoryChange): boolean {
  return /^(?:answered by |the reason is )/.test(text);
}

function hasBaseline({ settings }: Site): boolean {
  return settings.baseline !== undefined;
}

function isInBaseline({ endpoint, site }: Target): boolean {
  return site.settings.baseline?.endpoints.some(({ id }) => id === endpoint.id) === true;
}

export const BASELINE_CASES: readonly (AttackCase | AppCase)[] = [openedEverywhere, missing, opened, closed, unlisted];
