/** Does the attack find this hole? The shop with it alone, all cases at its place. */

import { attack, hostileUpstream, type AttackOptions, type AttackReport } from 'nestjs-bulwark/testing';
import { optionsFor, partnerAt } from './attack-options.js';
import type { Hole, Platform } from './hole.js';
import { createVulnerableShop } from './vulnerable-shop.js';

export async function attackHole(
  hole: Hole,
  platform: Platform,
  baseline: AttackOptions['baseline'],
): Promise<AttackReport> {
  const upstream = hole.needsUpstream ? await hostileUpstream({ answer: partnerAt }) : undefined;
  try {
    const env = upstream && { SHOP_PARTNERS_URL: upstream.url };
    const app = await createVulnerableShop({ platform, holes: [hole.id], ...(env && { env }) });
    try {
      return await attack(app, { ...optionsFor(hole, baseline), ...(upstream && { upstream }) });
    } finally {
      await app.close();
    }
  } finally {
    await upstream?.close();
  }
}

/** The case that was to find it, where the hole is. */
export function isFound({ expects, at }: Hole, { results }: AttackReport): boolean {
  return results.some((each) => each.case === expects && each.endpoint === at && each.verdict === 'broken');
}

/** Where it did not: what became of the case. */
export function whyNot({ expects, at }: Hole, { results }: AttackReport): string {
  const result = results.find((each) => each.case === expects && each.endpoint === at);
  const others = results.filter(({ verdict }) => verdict === 'broken').map((each) => `${each.case}: ${each.why}`);
  const beside = others.length > 0 ? `; broken instead: ${others.join(', ')}` : '';
  return `${expects} ${result === undefined ? 'was not there' : result.verdict} ${result?.why ?? ''}${beside}`;
}
