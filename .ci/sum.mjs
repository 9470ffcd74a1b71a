/** How many tests passed and failed, over all reports of a run? The last line printed; fails when any test or step did. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, brokenSteps] = process.argv.slice(2);
let passed = 0;
let failed = 0;

for (const name of ['suite.json', 'package.json']) {
  const path = join(folder, name);
  if (!existsSync(path)) continue;
  const report = JSON.parse(readFileSync(path, 'utf8'));
  passed += report.numPassedTests;
  // A file that could not be loaded, or whose set-up failed, has no failed test of its own.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  failed += report.numFailedTests + unloaded.length;
}

const journey = join(folder, 'journey.txt');
if (existsSync(journey)) {
  const [, ok = 0, not = 0] = /: (\d+) passed, (\d+) failed\s*$/.exec(readFileSync(journey, 'utf8')) ?? [];
  passed += Number(ok);
  failed += Number(not);
}

// Types, lint, format and build have no tests of their own: a step that broke counts, so that the last line never looks well.
if (failed === 0) failed = Number(brokenSteps);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
