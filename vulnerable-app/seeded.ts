/** Is each hole found when it alone is there? `npm run attack:seeded`, or `-- order-of-anybody` for one of them. */

import './environment.js';
import 'reflect-metadata';
import process from 'node:process';
import { attackHole, isFound, whyNot } from './attack-hole.js';
import { inventoryOf } from './attack-options.js';
import { HOLES } from './hole-list.js';
import { PLATFORMS, type Hole, type Platform } from './hole.js';
import { say } from './say.js';

// Each shop of this process listens to the signals that end it.
process.setMaxListeners(0);

const asked = process.argv.slice(2);
const isAsked = ({ id, owasp, expects }: Hole): boolean =>
  asked.length === 0 || asked.some((text) => [id, owasp.toLowerCase().replace(':2023', ''), expects].includes(text));
const baseline = inventoryOf(new URL('../../../', import.meta.url));
const holes = HOLES.filter(isAsked);
let found = 0;

for (const [index, hole] of holes.entries()) {
  const lines: string[] = [];
  let isWhole = true;
  for (const platform of platformsOf(hole, index)) {
    const missed = await missing(hole, platform);
    isWhole &&= missed === undefined;
    lines.push(`${platform} ${missed === undefined ? 'found' : `NOT FOUND: ${missed}`}`);
  }
  if (isWhole) found++;
  say(`${index + 1}/${holes.length} ${hole.owasp} ${hole.id} (${hole.expects} at ${hole.at}): ${lines.join(', ')}`);
}

say(`${found} of ${holes.length} holes found`);
process.exit(found === holes.length && holes.length > 0 ? 0 : 1);

/** Undefined: it was found. */
async function missing(hole: Hole, platform: Platform): Promise<string | undefined> {
  try {
    const report = await attackHole(hole, platform, baseline);
    return isFound(hole, report) ? undefined : whyNot(hole, report);
  } catch (error) {
    return `the attack itself failed: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

/** On Express, and every third of them on Fastify as well; asked for by name, wherever it can be made. */
function platformsOf({ platforms = PLATFORMS }: Hole, index: number): readonly Platform[] {
  if (asked.length > 0) return platforms;
  return platforms.filter((platform) => platform === 'express' || index % 3 === 0 || platforms.length === 1);
}
