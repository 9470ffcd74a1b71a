/** How is the shop attacked here? As `sample-app/attack.config.ts` says, with what one hole needs besides. */

import { readFileSync } from 'node:fs';
import type { AttackOptions } from 'nestjs-bulwark/testing';
import config from '../sample-app/attack.config.js';
import type { Hole } from './hole.js';

/** The committed inventory: what the shop is meant to be. */
export function inventoryOf(folder: URL): NonNullable<AttackOptions['baseline']> {
  const text = readFileSync(new URL('sample-app/security.inventory.json', folder), 'utf8');
  return JSON.parse(text) as NonNullable<AttackOptions['baseline']>;
}

const SHOP: AttackOptions = config;

/** All cases, at the place of the hole alone. */
export function optionsFor(hole: Hole, baseline: AttackOptions['baseline']): AttackOptions {
  return {
    ...SHOP,
    ...hole.attack,
    fixtures: { ...SHOP.fixtures, ...hole.attack?.fixtures, ...hole.fixtures },
    ...(hole.needsBaseline && baseline && { baseline }),
    only: [hole.at],
  };
}

/** What the partner directory answers while it is honest: a partner of the id that is asked for. */
export function partnerAt(path: string): object {
  return { id: path.split('/').at(-1), name: 'Acme Anvils', tier: 'gold' };
}
