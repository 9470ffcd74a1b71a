/**
 * Has a dependency that users get a known flaw? `npm audit`, and a plain word where there was no answer. Fails for what is high
 * or critical, and where nothing was audited, unless --offline-ok says that this will do.
 */

import { spawnSync } from 'node:child_process';
import { argv, exit, stdout, stderr } from 'node:process';
import { fileURLToPath } from 'node:url';

const WITHIN_MS = 60_000;
const cwd = fileURLToPath(new URL('..', import.meta.url));

const { stdout: text } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  cwd,
  encoding: 'utf8',
  timeout: WITHIN_MS,
  // npm is a script of the shell on Windows.
  shell: process.platform === 'win32',
});

const report = reportIn(text);
if (report === undefined) {
  stderr.write('not audited: the registry did not answer\n');
  exit(argv.includes('--offline-ok') ? 0 : 1);
}

const { high, critical, moderate, low } = report.metadata.vulnerabilities;
for (const [name, { severity, range, via }] of Object.entries(report.vulnerabilities)) {
  const titles = via.map((each) => (typeof each === 'string' ? `by ${each}` : each.title));
  stdout.write(`${severity}  ${name} ${range}: ${titles.join('; ')}\n`);
}
stdout.write(`audited: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low\n`);
exit(critical + high > 0 ? 1 : 0);

/** An answer of the registry says how many there are of each kind; everything else is a complaint of npm's. */
function reportIn(answer) {
  try {
    const found = JSON.parse(answer);
    return typeof found.metadata?.vulnerabilities?.high === 'number' ? found : undefined;
  } catch {
    return undefined;
  }
}
