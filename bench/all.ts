/** Runs every benchmark, short. With `check`, prints which ratios fall short and ends with 1 if any does. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../test/servers/binaries.js';
import { isMiss, RESULTS, VERDICT_HEAD, verdictRow, type Verdict } from './harness/report.js';

const ALL = ['http', 'token', 'bucket', 'fields', 'start', 'attack', 'outbound', 'redis'];
const checking = process.argv.includes('check');
/** `npm run bench:check -- token fields`: these only. */
const asked = ALL.filter((name) => process.argv.includes(name));

const verdicts: Verdict[] = [];
for (const name of asked.length > 0 ? asked : ALL) {
  if (name === 'redis' && !isInstalled('redis')) {
    process.stderr.write('redis: SKIPPED, there is no redis-server here\n');
    continue;
  }
  process.stderr.write(`${name}\n`);
  const script = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--expose-gc', script], {
    stdio: ['ignore', checking ? 'ignore' : 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`The benchmark "${name}" ended with ${status}.`);
  verdicts.push(...(JSON.parse(readFileSync(`${RESULTS}/${name}.json`, 'utf8')) as Verdict[]));
}

if (checking) {
  const short = verdicts.filter((verdict) => !verdict.ok);
  const misses = short.filter(isMiss);
  console.log(
    `${verdicts.length} ratios, ${short.length} short of their target, ${misses.length} by more than the noise.\n`,
  );
  console.log(`| ${VERDICT_HEAD.join(' | ')} |\n|${VERDICT_HEAD.map(() => '---').join('|')}|`);
  for (const verdict of short) console.log(`| ${verdictRow(verdict).join(' | ')} |`);
  process.exitCode = misses.length > 0 ? 1 : 0;
}
