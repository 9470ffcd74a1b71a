/**
 * Is the loss of any one security decorator noticed? `npm run attack:mutants`, or `-- OwnedBy` or `-- orders/` for some of
 * them. Caught is a mutant that is broken, or that does not start.
 */

import './environment.js';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inventoryOf } from './attack-options.js';
import type { Fate } from './mutant.child.js';
import { MutantWorker } from './mutant-worker.js';
import { mutationsIn, type Mutation } from './mutation.js';
import { say } from './say.js';

const PROJECT = new URL('../../../', import.meta.url);
const BUILT = fileURLToPath(new URL('../sample-app', import.meta.url));
const MUTANTS = fileURLToPath(new URL('../mutants', import.meta.url));
/** As many as there are cores on a small machine. */
const AT_ONCE = 2;

const { endpoints } = inventoryOf(PROJECT);
const asked = process.argv.slice(2);
const mutations = mutationsIn(fileURLToPath(new URL('sample-app', PROJECT))).filter(
  ({ file, decorator, on }) => asked.length === 0 || asked.some((text) => `${file} ${decorator} ${on}`.includes(text)),
);
const startedMs = performance.now();
let [caught, done] = [0, 0];

rmSync(MUTANTS, { recursive: true, force: true });
const waiting = mutations.entries();
await Promise.all(Array.from({ length: AT_ONCE }, work));
rmSync(MUTANTS, { recursive: true, force: true });
say(`in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
say(`${caught} of ${mutations.length} mutants caught`);
process.exit(caught === mutations.length && caught > 0 ? 0 : 1);

async function work(): Promise<void> {
  const worker = new MutantWorker();
  for (const [index, mutation] of waiting) {
    const { outcome, why, count } = await fateOf(worker, mutation, String(index));
    if (outcome === 'broken' || outcome === 'refused') caught++;
    const word = { broken: `${count} broken`, refused: 'does not start', survived: 'SURVIVED', failed: 'FAILED' }[
      outcome
    ];
    const { decorator, on, file, line } = mutation;
    say(`${++done}/${mutations.length} ${decorator} of ${on} (${file}:${line}): ${word}, ${why}`);
  }
  worker.close();
}

async function fateOf(worker: MutantWorker, mutation: Mutation, name: string): Promise<Fate> {
  const folder = join(MUTANTS, name);
  mkdirSync(MUTANTS, { recursive: true });
  cpSync(BUILT, folder, { recursive: true });
  writeFileSync(join(folder, mutation.file.replace(/\.ts$/, '.js')), mutation.mutated);
  try {
    return await worker.run({ folder, only: placesOf(mutation) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The endpoints of the handler or class; of a view or an input, those that show or take it. None: all of them. */
function placesOf({ className, member }: Mutation): readonly string[] {
  const handlers = endpoints.filter(({ handler = '' }) =>
    member === undefined ? handler.startsWith(`${className}.`) : handler === `${className}.${member}`,
  );
  const shape = new RegExp(`\\b${className}\\b`);
  const bearers = endpoints.filter(
    ({ input, output }) => shape.test(output?.shape ?? '') || input.some((each) => shape.test(each.shape)),
  );
  const graphql = className.endsWith('Type') ? endpoints.filter(({ kind }) => kind === 'graphql') : [];
  return [handlers, bearers, graphql].find((some) => some.length > 0)?.map(({ id }) => id) ?? [];
}
